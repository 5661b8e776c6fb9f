package dev.tomte.stub;

/** A part of a process's standard input; whoever has it does not change the bytes. */
public final class FedBytes {
    private final long offset;
    private final byte[] bytes;
    private final boolean last;

    /**
     * @param offset of the first byte, from the first that was ever sent
     * @param last whether nothing comes after these
     */
    public FedBytes(long offset, byte[] bytes, boolean last) {
        this.offset = offset;
        this.bytes = bytes;
        this.last = last;
    }

    public long offset() {
        return offset;
    }

    public byte[] bytes() {
        return bytes;
    }

    public boolean last() {
        return last;
    }

    /** Whether it says nothing. */
    public boolean isEmpty() {
        return bytes.length == 0 && !last;
    }
}
