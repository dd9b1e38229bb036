#pragma once

#include <cstddef>
#include <string_view>

#include "base/status.h"

namespace google::protobuf {
class Message;
}

namespace forewarn {

// What is read into memory is larger than what was sent: an empty message is two bytes of protobuf and
// an object of many here. So the parts of a request are counted before it is read: messages, texts and
// elements of lists that are not packed numbers.
inline constexpr size_t kMaxRequestParts = 1'000'000;

// Reads protobuf.
//   kInvalidArgument     not such a message; `out` is then of no use
//   kResourceExhausted   more than kMaxRequestParts; nothing was read
Status ParseBounded(std::string_view bytes, google::protobuf::Message& out);

// The second of these for a text in JSON, which is not read.
Status CheckJsonParts(std::string_view text);

}  // namespace forewarn
