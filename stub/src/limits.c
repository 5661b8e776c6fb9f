/*
 * What agents have the stub keep counts as its open files. Containers may have a soft limit of 1024, which is for programs
 * that use select(2): the process gets that, and the stub has as many as there may be at all.
 */
#include "stub.h"

#include <sys/resource.h>

static struct rlimit found;
static bool raised;

void limits_raise(void)
{
	struct rlimit most;

	if (getrlimit(RLIMIT_NOFILE, &found))
		return;
	most = found;
	most.rlim_cur = most.rlim_max;
	raised = !setrlimit(RLIMIT_NOFILE, &most);
}

int limits_child(void)
{
	return raised ? setrlimit(RLIMIT_NOFILE, &found) : 0;
}
