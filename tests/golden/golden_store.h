#pragma once

#include <vector>

#include "model/commit.h"

namespace forewarn {

// What lies in tests/golden/store_v<format>: one commit of each kind of content, on fixed times. It
// never changes; a new format gets a new folder beside the others.
std::vector<Commit> GoldenCommits();

}  // namespace forewarn
