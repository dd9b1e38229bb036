#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace google::protobuf {
class Message;
}

namespace forewarn {

// OTLP's JSON is protobuf's, but for one thing: `traceId` and `spanId` are hexadecimal. Unknown fields
// are passed over, enums may be numbers, 64-bit numbers may be strings. kInvalidArgument with the
// place when it is not such a text.
Status ParseOtlpJson(std::string_view text, google::protobuf::Message& message);

// The other way; for answers, which have no ids.
std::string PrintOtlpJson(const google::protobuf::Message& message);

// What protobuf reads from hexadecimal digits when it takes them for base64, turned back into the bytes
// that they mean. Empty when they are no hexadecimal digits.
std::string HexBehindBase64(std::string_view bytes);

}  // namespace forewarn
