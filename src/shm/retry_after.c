/* Files of floors: one struct, its size and checksum included. */
#include "shm/retry_after.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "shm/checked_file.h"
#include "shm/hosts.h"

struct floor_item {
	int64_t until; /* clock_wall() */
	char name[HOST_NAME_SIZE];
};

/* All of it is there; what is not used is zero. */
struct floors_file {
	struct checked_head head;
	struct floor_item item[HOSTS_MAX];
	uint64_t checksum;
};
_Static_assert(sizeof(struct floor_item) == 232 && sizeof(struct floors_file) == 7456,
    "as in doc/segment-format.md");

static struct checked_file
file_of(const char *dir, const char *category)
{
	return (struct checked_file){
		.dir = dir,
		.category = category,
		.suffix = ".floors",
		.magic = "HYDRATORD-FLR-1", /* the text carries the version */
		.size = sizeof(struct floors_file),
	};
}

static void
collect(const struct segment *seg, struct floors_file *f)
{
	int64_t boot = clock_boot(), wall = clock_wall();
	struct floor_item *item = f->item;
	struct host_view v;
	unsigned i;

	memset(f, 0, sizeof(*f));
	for (i = 0; i < HOSTS_MAX; i++) {
		if (!hosts_read(seg, i, &v) || v.floor <= boot)
			continue;
		item->until = wall + (v.floor - boot);
		strlcpy(item++->name, v.name, sizeof(item->name));
	}
}

int
retry_after_save(const struct segment *seg, const char *dir, const char *category,
    char *err, size_t errlen)
{
	struct checked_file file = file_of(dir, category);
	struct floors_file f;

	collect(seg, &f);
	return checked_file_save(&file, &f, err, errlen);
}

static bool
item_is_sane(const struct floor_item *item)
{
	size_t len = strnlen(item->name, sizeof(item->name)), i;

	if (len == sizeof(item->name))
		return false;
	for (i = 0; i < len; i++)
		if (!isgraph((unsigned char)item->name[i]))
			return false;
	return true;
}

static bool
names_are_sane(const struct floors_file *f)
{
	for (unsigned i = 0; i < HOSTS_MAX; i++)
		if (!item_is_sane(&f->item[i]))
			return false;
	return true;
}

static int
apply(const struct segment *seg, const struct floors_file *f)
{
	int64_t boot = clock_boot(), wall = clock_wall(), left;
	const struct floor_item *item;
	struct host *h;
	int n = 0;

	for (item = f->item; item < f->item + HOSTS_MAX; item++) {
		if (item->name[0] == '\0' || item->until <= wall)
			continue;
		if (__builtin_sub_overflow(item->until, wall, &left) ||
		    left > HOST_FLOOR_MAX)
			left = HOST_FLOOR_MAX;
		if ((h = hosts_claim(seg, item->name)) == NULL)
			break;
		host_raise_floor(h, boot + left, boot);
		n++;
	}
	return n;
}

int
retry_after_load(const struct segment *seg, const char *dir, const char *category,
    char *err, size_t errlen)
{
	struct checked_file file = file_of(dir, category);
	struct floors_file f;
	int found = checked_file_load(&file, &f, err, errlen);

	if (found != 1)
		return found;
	if (names_are_sane(&f))
		return apply(seg, &f);
	snprintf(err, errlen, "%s/%s.floors: has a name that is none", dir, category);
	return -1;
}
