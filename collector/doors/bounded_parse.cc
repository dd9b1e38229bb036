#include "collector/doors/bounded_parse.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/message.h>
#include <google/protobuf/wire_format_lite.h>

#include <string>

namespace forewarn {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

// As deep as protobuf's own parser goes.
constexpr int kMaxDepth = 100;

Status TooMany() {
  return ResourceExhausted(
      fmt::format("the request has more than {} parts; send smaller requests", kMaxRequestParts));
}

// Counts parts up to one above the bound. What is damaged ends the count: the parser will say it. A field that
// the message does not know is a part, since the parser keeps it. False at a group, which no message here has.
bool CountParts(const Descriptor& type, int depth, CodedInputStream& in, size_t& parts) {
  while (parts <= kMaxRequestParts) {
    uint32_t tag = in.ReadTag();
    if (tag == 0) return true;
    if (WireFormatLite::GetTagWireType(tag) == WireFormatLite::WIRETYPE_START_GROUP) return false;
    const FieldDescriptor* field = type.FindFieldByNumber(WireFormatLite::GetTagFieldNumber(tag));
    bool is_text = field != nullptr && field->cpp_type() == FieldDescriptor::CPPTYPE_STRING;
    const Descriptor* inner = field == nullptr ? nullptr : field->message_type();
    bool has_length =
        WireFormatLite::GetTagWireType(tag) == WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
    if (field == nullptr || !has_length || (!is_text && inner == nullptr)) {
      if (field == nullptr) ++parts;
      if (!WireFormatLite::SkipField(&in, tag)) return true;
      continue;
    }
    ++parts;
    int length = 0;
    if (!in.ReadVarintSizeAsInt(&length)) return true;
    if (inner == nullptr || depth == kMaxDepth) {
      if (!in.Skip(length)) return true;
      continue;
    }
    CodedInputStream::Limit outside = in.PushLimit(length);
    if (!CountParts(*inner, depth + 1, in, parts)) return false;
    if (in.BytesUntilLimit() != 0) return true;
    in.PopLimit(outside);
  }
  return true;
}

}  // namespace

Status ParseBounded(std::string_view bytes, google::protobuf::Message& out) {
  size_t parts = 0;
  CodedInputStream in(reinterpret_cast<const uint8_t*>(bytes.data()),
                      static_cast<int>(bytes.size()));
  bool has_no_group = CountParts(*out.GetDescriptor(), 0, in, parts);
  if (parts > kMaxRequestParts) return TooMany();
  if (has_no_group && out.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return OkStatus();
  }
  return InvalidArgument("the body is not a " + std::string(out.GetDescriptor()->name()) +
                         " in protobuf");
}

Status CheckJsonParts(std::string_view text) {
  size_t parts = 0;
  bool in_text = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '\\') {
      ++i;  // whatever is escaped ends no text
    } else if (c == '"') {
      in_text = !in_text;
    } else if (!in_text && c == '\'') {
      // protobuf takes a text in these, too, which JSON does not know, and which would not be counted here.
      return InvalidArgument(fmt::format("the body is not JSON: ' at byte {}", i));
    } else if (!in_text && (c == '{' || c == '[' || c == ',')) {
      ++parts;
    }
  }
  return parts > kMaxRequestParts ? TooMany() : OkStatus();
}

}  // namespace forewarn
