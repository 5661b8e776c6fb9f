/* Descriptors that must outlive an agent, such as those of /dev/fuse. */
#include "stub.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* The open files of a guest at home, each under a key of its own; the list of all fits a message. */
#define KEYS 4096

static struct kept {
	char key[MAX_KEY + 1]; /* empty: free */
	int fds[MAX_FDS];
	int count;
} kept[KEYS];
static int used; /* those after it never held anything, and cost no memory */

static struct kept *find(const char *key)
{
	for (struct kept *k = kept; k < kept + used; k++)
		if (!strcmp(k->key, key))
			return k;
	return NULL;
}

static struct kept *vacant(void)
{
	struct kept *k = find("");

	return k ? k : used < KEYS ? kept + used++ : NULL;
}

static void empty(struct kept *k)
{
	for (int i = 0; i < k->count; i++)
		close(k->fds[i]);
	k->count = 0;
	k->key[0] = 0;
}

int keep_put(struct request *q)
{
	char key[MAX_KEY + 1];

	if (!read_key(&q->in, key) || !read_end(&q->in) || q->fd_count == 0)
		return EINVAL;
	struct kept *k = find(key) ?: vacant();
	if (!k)
		return ENOSPC;
	empty(k);
	strcpy(k->key, key);
	k->count = q->fd_count;
	memcpy(k->fds, q->fds, sizeof q->fds);
	q->fd_count = 0; /* ours now */
	return 0;
}

int keep_take(struct request *q, struct answer *a)
{
	char key[MAX_KEY + 1];

	if (!read_key(&q->in, key) || !read_end(&q->in))
		return EINVAL;
	struct kept *k = find(key);
	if (!k)
		return ENOENT;
	a->fd_count = k->count;
	memcpy(a->fds, k->fds, sizeof k->fds);
	return 0;
}

int keep_drop(struct request *q)
{
	char key[MAX_KEY + 1];

	if (!read_key(&q->in, key) || !read_end(&q->in))
		return EINVAL;
	struct kept *k = find(key);
	if (k)
		empty(k);
	return 0;
}

void keep_list(struct writer *w)
{
	int count = 0;

	for (struct kept *k = kept; k < kept + used; k++)
		count += k->key[0] != 0;
	write_number(w, count, 2);
	for (struct kept *k = kept; k < kept + used; k++) {
		if (!k->key[0])
			continue;
		write_string(w, k->key, strlen(k->key));
		write_number(w, k->count, 2);
	}
}
