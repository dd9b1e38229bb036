#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/status.h"

namespace forewarn {

// Undoes gzip (RFC 1952; several members after each other are one text, as in the RFC). Never holds
// more than `limit` bytes of output, whatever the input promises.
//   kInvalidArgument     not gzip, damaged, cut short, or of more than 64 members
//   kResourceExhausted   more than `limit` bytes come out
StatusOr<std::string> Gunzip(std::string_view compressed, size_t limit);

// The same for a block of snappy (not the framed form), which says its own length first.
StatusOr<std::string> Unsnappy(std::string_view compressed, size_t limit);

}  // namespace forewarn
