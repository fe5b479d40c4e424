/* One struct, its size and checksum included. */
#include "hydrator/gate_file.h"

#include <string.h>

#include "base/clock.h"
#include "shm/checked_file.h"

struct gate_item {
	uint64_t known, at_least;
	uint64_t count, names; /* of the last document that was published */
};

/* All of it is there; what is not known is zero. */
struct gate_file {
	struct checked_head head;
	int64_t wall; /* clock_wall() of the writing */
	struct gate_item item[GATE_FILE_DOCUMENTS];
	uint64_t checksum;
};
_Static_assert(sizeof(struct gate_file) == 168, "as in doc/segment-format.md");

static struct checked_file
file_of(const char *dir, const char *category)
{
	return (struct checked_file){
		.dir = dir,
		.category = category,
		.suffix = ".gate",
		/* The text carries the version; what is counted is part of it. */
		.magic = "HYDRATORD-GAT-2",
		.size = sizeof(struct gate_file),
		.synced = true,
	};
}

int
gate_save(const char *dir, const char *category,
    const struct gate gates[GATE_FILE_DOCUMENTS], int64_t wall, char *err,
    size_t errlen)
{
	struct checked_file file = file_of(dir, category);
	struct gate_file f = { .wall = wall };
	const struct gate *g = gates;

	for (size_t i = 0; i < GATE_FILE_DOCUMENTS; i++, g++)
		if (g->known)
			f.item[i] = (struct gate_item){ 1, g->at_least, g->good.count,
				g->good.names };
	return checked_file_save(&file, &f, err, errlen);
}

static int
apply(const struct gate_file *f, struct gate *g)
{
	const struct gate_item *item;
	int n = 0;

	for (size_t i = 0; i < GATE_FILE_DOCUMENTS; i++) {
		item = &f->item[i];
		if (g[i].known || item->known == 0)
			continue;
		g[i].known = true;
		g[i].at_least = item->at_least != 0;
		g[i].good =
		    (struct census){ .count = item->count, .names = item->names };
		n++;
	}
	return n;
}

int
gate_load(const char *dir, const char *category, int64_t max_age, int64_t wall,
    struct gate gates[GATE_FILE_DOCUMENTS], char *err, size_t errlen)
{
	struct checked_file file = file_of(dir, category);
	struct gate_file f;
	int found = checked_file_load(&file, &f, err, errlen);

	if (found != 1)
		return found;
	if (wall / NSEC_PER_SEC - f.wall / NSEC_PER_SEC > max_age)
		return 0;
	return apply(&f, gates);
}
