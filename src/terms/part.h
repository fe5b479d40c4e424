/* The parts of a snapshot: answers that are made of the same documents. */
#ifndef TERMS_PART_H
#define TERMS_PART_H

/* Each is made of what the one before it is made of, and of more: so none is younger
 * than the one before it. */
enum snapshot_part {
	PART_STATISTICS,    /* of the reference document */
	PART_DELETION_RISK, /* and of status and stats: with-stats, too */
	PART_WORKERS,       /* and of the workers: what include_workers adds */
	PART_MAX
};

/* "statistics", "deletion_risk", "workers": for /readyz and labels of metrics. */
const char *part_name(enum snapshot_part);

#endif
