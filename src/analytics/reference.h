/* The reference document of a category, read once into both of its views. Pure. */
#ifndef ANALYTICS_REFERENCE_H
#define ANALYTICS_REFERENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "analytics/analytics.h"
#include "analytics/horde.h"
#include "analytics/risk.h"
#include "analytics/statistics.h"
#include "base/attr.h"
#include "base/mem.h"
#include "base/pace.h"
#include "records/report.h"

/* The key of a record that is in the document, but no model. */
struct reference_invalid {
	uint32_t part;  /* number in horde.parts */
	bool canonical; /* it has no prefix of a backend */
};

struct reference {
	uint64_t nentries; /* of the document: JSON keys */
	uint64_t names;    /* sum of the hashes of the valid records' keys */
	uint64_t nvalid;   /* distinct names of valid records; for a category without
			    * deletion risk, entries that are objects */
	uint64_t
	    nnew_baselines;   /* valid records with a baseline that is not built in */
	struct model *models; /* [nmodels], the typed view, in its order */
	uint32_t nmodels;
	struct reference_invalid *invalid; /* [ninvalid] records of a category with the
					    * Horde's documents, that are not valid */
	uint32_t ninvalid;
	struct map bases; /* text_generation: base names -> struct statistics_group */
	struct statistics statistics;
	struct statistics grouped; /* text_generation only */
};

/* Reads the document; names are taken apart through horde, which categories without
 * the Horde's documents do not need. What is left out is reported. Returns 0, or -1
 * with *report, or because its pace has stopped. */
int reference_read(const struct analytics_settings *, const struct analytics_input *,
    struct horde *, struct arena *, struct reference *out,
    struct report *report) MUST_CHECK;
/* Merges every model with the Horde's documents. Returns 0, or -1: the pace has
 * stopped. */
int reference_merge(
    struct reference *, const struct horde *, struct arena *, struct pace *) MUST_CHECK;

#endif
