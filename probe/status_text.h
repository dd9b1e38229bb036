#pragma once

#include <string>

#include "base/time.h"
#include "probe/state_files.h"

namespace forewarn {

// The status as `forewarn-probe status` prints it for people.
std::string StatusText(const ProbeStatus& status, Timestamp now);

// The agent runs (its status is no older than three rounds), has contact, and its certificate is
// valid.
bool StatusIsGood(const ProbeStatus& status, Timestamp now);

}  // namespace forewarn
