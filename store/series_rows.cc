#include "store/series_rows.h"

#include <limits>
#include <utility>

#include "base/bytes.h"
#include "base/record.h"

// row    := u8(1) series*                          of first, first + 1, … to the end
// series := step* varint(0)                        its labels, in the order of their names
// step   := varint(count << 2 | kind), count > 0, and by its kind, of the series before:
//           0: its next `count` labels
//           1: its next `count` labels with other values: bytes(value) for each
//           2: none of it: bytes(name) bytes(value) for each of `count` labels
//           3: its next `count` labels are left out
//
// varint and bytes are as in base/bytes.h. The first series of a row has none before it. No series
// begins where those before it in its row have kRowText bytes of labels or more.
//
// Formats up to 3 have one series in a row: the record of its Labels, which begins with the byte 10
// or is empty.

namespace forewarn {
namespace {

constexpr uint8_t kMany = 1;
constexpr size_t kRowBytes = 32 << 10;  // a row ends beyond this
constexpr size_t kRowText = 1 << 20;    // or beyond this, written out

enum Kind : uint64_t { kSame = 0, kOtherValue = 1, kNew = 2, kLeftOut = 3 };

Status Damaged() { return DataLoss("names of series cut short or damaged"); }

// Puts labels beside those of the series before, and writes runs of the same kind as one step.
class Writer {
 public:
  explicit Writer(Encoder& out) : out_(out) {}

  void Write(const Labels& before, const Labels& labels) {
    Labels::Iterator old = before.begin();
    for (const Labels::View& label : labels) {
      while (old != before.end() && old->first < label.first) {
        Step(kLeftOut);
        ++old;
      }
      if (old == before.end() || old->first != label.first) {
        Step(kNew);
        text_.Bytes(label.first);
        text_.Bytes(label.second);
        continue;
      }
      if (old->second == label.second) {
        Step(kSame);
      } else {
        Step(kOtherValue);
        text_.Bytes(label.second);
      }
      ++old;
    }
    Flush();
    out_.Varint(0);
  }

 private:
  void Step(Kind kind) {
    if (kind != kind_) Flush();
    kind_ = kind;
    ++count_;
  }
  void Flush() {
    if (count_ > 0) {
      out_.Varint(count_ << 2 | kind_);
      out_.Raw(text_.str());
    }
    count_ = 0;
    text_.Clear();
  }

  Encoder& out_;
  Kind kind_ = kSame;
  uint64_t count_ = 0;
  Encoder text_;  // of the step that is being made
};

// The labels that come next, into `labels`; views of `before` and of the row.
bool Read(Decoder& in, const std::vector<Labels::View>& before, std::vector<Labels::View>& labels) {
  auto old = before.begin();
  for (uint64_t step = in.Varint(); step != 0; step = in.Varint()) {
    if (in.failed()) return false;
    const uint64_t kind = step & 3;
    uint64_t count = step >> 2;
    const auto left = static_cast<uint64_t>(before.end() - old);
    if (count == 0 || (kind == kNew ? count > in.remaining() : count > left)) return false;
    for (; count > 0; --count) {
      if (kind == kLeftOut) {
        ++old;
        continue;
      }
      Labels::View label;
      label.first = kind == kNew ? in.Bytes() : old->first;
      label.second = kind == kSame ? old->second : in.Bytes();
      if (kind != kNew) ++old;
      const bool in_order = labels.empty() || labels.back().first < label.first;
      if (in.failed() || !in_order || label.second.empty()) return false;
      labels.push_back(label);
    }
  }
  return !in.failed();
}

}  // namespace

std::vector<SeriesRow> EncodeSeriesRows(std::span<const NewSeries> series) {
  std::vector<SeriesRow> rows;
  const Labels none;
  for (size_t i = 0; i < series.size();) {
    Encoder out;
    out.U8(kMany);
    Writer writer(out);
    const size_t begin = i;
    const Labels* before = &none;
    size_t text = 0;
    do {
      writer.Write(*before, series[i].labels);
      before = &series[i].labels;
      text += before->bytes().size();
      ++i;
    } while (i < series.size() && series[i].id == series[i - 1].id + 1 && out.size() < kRowBytes &&
             text < kRowText);
    rows.push_back({series[begin].id, out.Take()});
  }
  return rows;
}

StatusOr<std::vector<NewSeries>> DecodeSeriesRow(SeriesId first, std::string_view bytes) {
  std::vector<NewSeries> series;
  if (bytes.empty() || static_cast<uint8_t>(bytes.front()) != kMany) {
    FW_ASSIGN_OR_RETURN(Labels labels, DecodeRecord<Labels>(bytes));
    series.push_back({first, std::move(labels)});
    return series;
  }
  Decoder in(bytes.substr(1));
  std::vector<Labels::View> before, labels;
  size_t text = 0;
  for (uint64_t id = first; !in.done(); ++id) {
    labels.clear();
    if (text >= kRowText || id > std::numeric_limits<SeriesId>::max() ||
        !Read(in, before, labels)) {
      return Damaged();
    }
    series.push_back({static_cast<SeriesId>(id), Labels::FromSorted(labels)});
    text += series.back().labels.bytes().size();
    before.swap(labels);
  }
  if (series.empty()) return Damaged();
  return series;
}

}  // namespace forewarn
