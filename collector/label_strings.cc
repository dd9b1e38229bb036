#include "collector/label_strings.h"

namespace forewarn {

void LabelStrings::Write(const Labels& labels, google::protobuf::RepeatedField<uint32_t>& refs) {
  size_t place = 0;
  for (const auto& [name, value] : labels) {
    for (std::string_view text : {name, value}) refs.Add(RefOf(text, place++));
  }
}

void LabelStrings::Clear() {
  refs_.clear();
  before_.clear();
}

uint32_t LabelStrings::RefOf(std::string_view text, size_t place) {
  if (place == before_.size()) before_.push_back(0);
  uint32_t& before = before_[place];
  if (before < static_cast<uint32_t>(strings_.size()) &&
      strings_[static_cast<int>(before)] == text) {
    return before;
  }
  // A string of the list stays where it is; the key must be of that one.
  if (auto known = refs_.find(text); known != refs_.end()) return before = known->second;
  before = static_cast<uint32_t>(strings_.size());
  strings_.Add()->assign(text);
  refs_.emplace(strings_[static_cast<int>(before)], before);
  return before;
}

}  // namespace forewarn
