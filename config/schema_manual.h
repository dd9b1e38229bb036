#pragma once

#include <string>
#include <vector>

#include "config/schema.h"

namespace forewarn {

// What prints the pages of docs/reference again.
inline constexpr char kReprintReference[] = "FW_REPRINT=1 ctest --preset dev -R reference";

// A page of docs/reference: Markdown with one table for each section. `command` is what prints it
// again.
std::string PrintManual(const std::string& title, const std::string& intro,
                        const std::string& command, const std::vector<SettingDoc>& settings);

// A settings file with every setting at its default, explained and commented out; what is required
// is not commented out, with an example. Taking one `#` off each line gives a file with the same
// meaning.
std::string PrintExample(const std::string& intro, const std::vector<SettingDoc>& settings);

}  // namespace forewarn
