/* Clock readings, with the offset that tests may set. */
#include "base/clock.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static int64_t clock_no_offset;
static const int64_t *clock_offset = &clock_no_offset;

int
clock_init(void)
{
	const char *path = getenv("HYDRATORD_TEST_CLOCK");
	struct stat st;
	void *p;
	int fd, saved;

	if (path == NULL)
		return 0;
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return -1;
	p = MAP_FAILED;
	if (fstat(fd, &st) == 0) {
		if (st.st_size >= (off_t)sizeof(*clock_offset))
			p = mmap(
			    NULL, sizeof(*clock_offset), PROT_READ, MAP_SHARED, fd, 0);
		else
			errno = EINVAL;
	}
	saved = errno;
	close(fd);
	errno = saved;
	if (p == MAP_FAILED)
		return -1;
	clock_offset = p;
	return 0;
}

static int64_t
clock_read(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * NSEC_PER_SEC + t.tv_nsec +
	       __atomic_load_n(clock_offset, __ATOMIC_RELAXED);
}

int64_t
clock_boot(void)
{
	return clock_read(CLOCK_BOOTTIME);
}

int64_t
clock_wall(void)
{
	return clock_read(CLOCK_REALTIME);
}
