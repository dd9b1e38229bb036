#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "config/collector_settings.h"
#include "config/schema.h"
#include "model/bundle.h"

namespace forewarn {

// What customers.yaml says of it.
const Schema<CustomerRetention>& CustomerRetentionSchema();

// How long the data of such a customer are kept by a collector with these settings: nothing of it is
// zero.
CustomerRetention EffectiveRetention(const CustomerRetention& own,
                                     const RetentionSettings& settings);

// Whether a collector with these settings can keep what the bundle's customers ask for. What it cannot:
// samples for less than a day longer than they are accepted, for then what is sent again would be
// counted again; rollups for less than the samples that they are left of. kInvalidArgument lists every
// mistake, one a line, as ParseBundle() does.
Status CheckRetention(const Bundle& bundle, const CollectorSettings& settings);
// The same of a bundle that was applied under other settings: kFailedPrecondition says how to get from
// those to these.
Status CheckRetentionInForce(const Bundle& bundle, const CollectorSettings& settings);

// A sentence for each customer of `before` of whom less is kept once `after` follows it: whose, which kinds, from
// how long to how long, and that what is older goes.
std::vector<std::string> ShorterRetention(const Bundle& before, const Bundle& after,
                                          const RetentionSettings& settings);

}  // namespace forewarn
