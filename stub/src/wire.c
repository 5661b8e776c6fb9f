#include "stub.h"

#include <string.h>

static const uint8_t *take(struct reader *r, size_t length)
{
	const uint8_t *at = r->at;

	if (r->bad || length > r->left) {
		r->bad = true;
		return NULL;
	}
	r->at += length;
	r->left -= length;
	return at;
}

uint64_t read_number(struct reader *r, int bytes)
{
	const uint8_t *at = take(r, bytes);
	uint64_t value = 0;

	for (int i = 0; at && i < bytes; i++)
		value |= (uint64_t)at[i] << (8 * i);
	return value;
}

const uint8_t *read_blob(struct reader *r, size_t *length)
{
	*length = read_number(r, 4);
	return take(r, *length);
}

const uint8_t *read_string(struct reader *r, size_t *length)
{
	*length = read_number(r, 2);
	return take(r, *length);
}

bool read_key(struct reader *r, char key[MAX_KEY + 1])
{
	size_t length;
	const uint8_t *bytes = read_string(r, &length);

	if (!bytes || length == 0 || length > MAX_KEY || memchr(bytes, 0, length))
		return false;
	memcpy(key, bytes, length);
	key[length] = 0;
	return true;
}

bool read_end(const struct reader *r)
{
	return !r->bad && r->left == 0;
}

static uint8_t *make(struct writer *w, size_t length)
{
	uint8_t *at = w->bytes + w->length;

	if (w->bad || length > w->room - w->length) {
		w->bad = true;
		return NULL;
	}
	w->length += length;
	return at;
}

void write_number(struct writer *w, uint64_t value, int bytes)
{
	uint8_t *at = make(w, bytes);

	for (int i = 0; at && i < bytes; i++)
		at[i] = value >> (8 * i);
}

static void write_bytes(struct writer *w, const void *bytes, size_t length)
{
	uint8_t *at = make(w, length);

	if (at && length)
		memcpy(at, bytes, length);
}

void write_blob(struct writer *w, const void *bytes, size_t length)
{
	write_number(w, length, 4);
	write_bytes(w, bytes, length);
}

void write_string(struct writer *w, const void *bytes, size_t length)
{
	write_number(w, length, 2);
	write_bytes(w, bytes, length);
}
