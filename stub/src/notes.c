/* What agents write down for those that come after them. */
#include "stub.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NOTES 256
#define NOTE_BYTES (64 * 1024)
#define ALL_BYTES (1024 * 1024)

static struct note {
	char key[MAX_KEY + 1]; /* empty: free */
	uint8_t *bytes;
	size_t length;
} notes[NOTES];
static size_t total;

static struct note *find(const char *key)
{
	for (struct note *n = notes; n < notes + NOTES; n++)
		if (!strcmp(n->key, key))
			return n;
	return NULL;
}

static void empty(struct note *n)
{
	total -= n->length;
	free(n->bytes);
	*n = (struct note){ 0 };
}

int notes_put(struct request *q)
{
	char key[MAX_KEY + 1];
	size_t length;

	if (!read_key(&q->in, key))
		return EINVAL;
	const uint8_t *bytes = read_blob(&q->in, &length);
	if (!bytes || !read_end(&q->in))
		return EINVAL;
	struct note *n = find(key);
	if (length == 0) {
		if (n)
			empty(n);
		return 0;
	}
	if (length > NOTE_BYTES || total - (n ? n->length : 0) + length > ALL_BYTES)
		return ENOSPC;
	if (!n && !(n = find("")))
		return ENOSPC;
	uint8_t *copy = malloc(length);
	if (!copy)
		return ENOMEM;
	memcpy(copy, bytes, length);
	empty(n);
	strcpy(n->key, key);
	n->bytes = copy;
	n->length = length;
	total += length;
	return 0;
}

int notes_get(struct request *q, struct answer *a)
{
	char key[MAX_KEY + 1];

	if (!read_key(&q->in, key) || !read_end(&q->in))
		return EINVAL;
	struct note *n = find(key);
	write_blob(&a->out, n ? n->bytes : NULL, n ? n->length : 0);
	return 0;
}

void notes_list(struct writer *w)
{
	int count = 0;

	for (struct note *n = notes; n < notes + NOTES; n++)
		count += n->key[0] != 0;
	write_number(w, count, 2);
	for (struct note *n = notes; n < notes + NOTES; n++) {
		if (!n->key[0])
			continue;
		write_string(w, n->key, strlen(n->key));
		write_number(w, n->length, 4);
	}
}
