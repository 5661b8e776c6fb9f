package dev.tomte.stub;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** A message as it is written: little-endian numbers, counted strings and bytes. */
final class Body {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    Body u8(int value) {
        bytes.write(value);
        return this;
    }

    Body u16(int value) {
        return u8(value).u8(value >> 8);
    }

    Body u32(int value) {
        return u16(value).u16(value >> 16);
    }

    Body u64(long value) {
        return u32((int) value).u32((int) (value >> 32));
    }

    /** For names, of at most 64 KiB. */
    Body string(String value) {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        if (utf8.length > 0xffff) throw new IllegalArgumentException("longer than 65535 bytes");
        u16(utf8.length).bytes.writeBytes(utf8);
        return this;
    }

    Body blob(byte[] value) {
        u32(value.length).bytes.writeBytes(value);
        return this;
    }

    /** For arguments and environments, which may be long, and which the kernel ends at a NUL. */
    Body text(String value) {
        if (value.indexOf('\0') >= 0) throw new IllegalArgumentException("a NUL inside of a string");
        return blob(value.getBytes(StandardCharsets.UTF_8));
    }

    Body register(Register register) {
        return string(register.incarnation()).u64(register.epoch()).string(register.holder());
    }

    Body raw(Body other) {
        bytes.writeBytes(other.toBytes());
        return this;
    }

    byte[] toBytes() {
        return bytes.toByteArray();
    }
}
