#include "ctl/label_refs.h"

#include <fmt/format.h>

#include <utility>

namespace forewarn {
namespace {

constexpr size_t kTextMax = 256 << 20;  // few bytes of an answer may stand for many
constexpr size_t kLabelBytes = 64;      // that a label takes beside its text, about

}  // namespace

Status WriteLabelsOut(google::protobuf::RepeatedPtrField<std::string>& strings,
                      google::protobuf::RepeatedPtrField<v1::QuerySeries>& series) {
  size_t left = kTextMax;
  for (int i = 0; i < series.size(); ++i) {
    v1::QuerySeries& one = series[i];
    if (one.label_refs_size() % 2 != 0) {
      return DataLoss(fmt::format(
          "the answer's series[{}].label_refs has {} entries, but names and values come in pairs; "
          "is forewarnctl of the collector's version?",
          i, one.label_refs_size()));
    }
    for (int r = 0; r < one.label_refs_size(); r += 2) {
      v1::Label& label = *one.add_labels();
      for (int part : {0, 1}) {
        const uint32_t ref = one.label_refs(r + part);
        if (std::cmp_greater_equal(ref, strings.size())) {
          return DataLoss(fmt::format(
              "the answer's series[{}].label_refs has {}, but there are {} label_strings; is "
              "forewarnctl of the collector's version?",
              i, ref, strings.size()));
        }
        const std::string& text = strings[static_cast<int>(ref)];
        if (text.size() + kLabelBytes > left) {
          return DataLoss("the answer's labels take more than 256 MiB; ask for fewer series");
        }
        left -= text.size() + kLabelBytes;
        (part == 0 ? *label.mutable_name() : *label.mutable_value()) = text;
      }
    }
    one.clear_label_refs();
  }
  strings.Clear();
  return OkStatus();
}

}  // namespace forewarn
