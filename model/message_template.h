#pragma once

#include <string>
#include <string_view>

namespace forewarn {

// The part of a log message that is the same each time it is written: numbers, hexadecimal, UUIDs,
// addresses, quoted text, paths, URLs and pseudonyms become <*>, runs of them one <*>, runs of
// blanks one blank. At most 1 KiB. Pure, and the same everywhere: a template's hash names a kind of
// message over the whole fleet, so a change here makes every message of every customer look new.
std::string MessageTemplate(std::string_view message);

}  // namespace forewarn
