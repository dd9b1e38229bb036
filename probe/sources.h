#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "config/probe_settings.h"
#include "probe/redact.h"
#include "probe/source.h"

namespace forewarn {

// What the settings ask for, made.

// `key`: of the pseudonyms.
StatusOr<std::unique_ptr<Redactor>> RedactorOf(const RedactionSettings& settings, std::string key);

// In the order in which they are read. Their state lies in settings.state_dir, and is written at
// Commit() only. `redactor` and `clock` are loans.
StatusOr<std::vector<std::unique_ptr<Source>>> SourcesOf(const ProbeSettings& settings,
                                                         const Redactor& redactor,
                                                         const Clock& clock);

}  // namespace forewarn
