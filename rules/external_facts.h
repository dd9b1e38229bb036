#pragma once

#include <string>
#include <string_view>

#include "model/labels.h"

namespace forewarn {

// The text of a template in which the labels and the address of a Prometheus stand as constants:
// `{{ $externalLabels.cluster }}` becomes `{{ "a" }}`. In the collector there are none, and templates know
// them as empty; a unit test may give some. Replaced are `$externalLabels.x`, `.ExternalLabels.x`,
// `$externalURL` and `.ExternalURL` inside of actions, outside of quotes and comments.
std::string WithExternalFacts(std::string_view text, const Labels& labels, std::string_view url);

}  // namespace forewarn
