#pragma once

#include <google/protobuf/repeated_field.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/labels.h"

namespace forewarn {

// LabelStrings writes the labels of an answer's series as places in a list of strings, in which each
// string is once: the series of one answer share most of theirs. One for an answer; not thread-safe.
class LabelStrings {
 public:
  // `strings` is a loan that outlives it, and nobody else writes to it.
  explicit LabelStrings(google::protobuf::RepeatedPtrField<std::string>& strings)
      : strings_(strings) {}

  // Names and values in turn, to the end of `refs`.
  void Write(const Labels& labels, google::protobuf::RepeatedField<uint32_t>& refs);
  // The list was emptied.
  void Clear();

 private:
  uint32_t RefOf(std::string_view text, size_t place);

  google::protobuf::RepeatedPtrField<std::string>& strings_;
  std::unordered_map<std::string_view, uint32_t> refs_;  // of texts in strings_
  // Of the labels before, by place: most strings stand there again.
  std::vector<uint32_t> before_;
};

}  // namespace forewarn
