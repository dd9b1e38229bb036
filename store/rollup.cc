#include "store/rollup.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/bytes.h"
#include "store/chunk.h"

// rollups := bytes(last) bytes(min) bytes(max) bytes(sum) bytes(count)
//
// Each is a chunk (chunk.cc) with one sample for each rollup, at the time of its last sample. The
// times stand five times, which the compression of the block takes away again.

namespace forewarn {
namespace {

bool SameStretch(Timestamp a, Timestamp b, Duration stretch) {
  auto number = [&](Timestamp at) {
    int64_t since = at.time_since_epoch().count();
    int64_t whole = since / stretch.count();
    return since % stretch.count() < 0 ? whole - 1 : whole;
  };
  return number(a) == number(b);
}

void AddTo(Rollup& rollup, const Rollup& more) {
  if (more.count > 0) {
    rollup.min = rollup.count == 0 ? more.min : std::min(rollup.min, more.min);
    rollup.max = rollup.count == 0 ? more.max : std::max(rollup.max, more.max);
    rollup.sum += more.sum;
    rollup.count += more.count;
  }
  if (more.last.at > rollup.last.at) rollup.last = more.last;
}

template <typename Value>
void EncodeColumn(std::span<const Rollup> rollups, const Value& value, Encoder& out) {
  std::vector<Sample> column;
  column.reserve(rollups.size());
  for (const Rollup& rollup : rollups) column.push_back({rollup.last.at, value(rollup)});
  out.Bytes(EncodeChunk(column));
}

}  // namespace

std::vector<Rollup> RollUp(std::span<const Sample> samples, Duration stretch) {
  std::vector<Rollup> rollups;
  for (const Sample& sample : samples) {
    Rollup one{sample.value, sample.value, sample.value, 1, sample};
    if (std::isnan(sample.value)) one = Rollup{0, 0, 0, 0, sample};
    if (!rollups.empty() && SameStretch(rollups.back().last.at, sample.at, stretch)) {
      AddTo(rollups.back(), one);
    } else {
      rollups.push_back(one);
    }
  }
  return rollups;
}

void Merge(std::span<const Rollup> more, Duration stretch, std::vector<Rollup>& rollups) {
  std::vector<Rollup> all(rollups.begin(), rollups.end());
  all.insert(all.end(), more.begin(), more.end());
  std::stable_sort(all.begin(), all.end(),
                   [](const Rollup& a, const Rollup& b) { return a.last.at < b.last.at; });
  rollups.clear();
  for (const Rollup& next : all) {
    if (!rollups.empty() && SameStretch(rollups.back().last.at, next.last.at, stretch)) {
      AddTo(rollups.back(), next);
    } else {
      rollups.push_back(next);
    }
  }
}

std::string EncodeRollups(std::span<const Rollup> rollups) {
  Encoder out;
  EncodeColumn(
      rollups, [](const Rollup& rollup) { return rollup.last.value; }, out);
  EncodeColumn(
      rollups, [](const Rollup& rollup) { return rollup.min; }, out);
  EncodeColumn(
      rollups, [](const Rollup& rollup) { return rollup.max; }, out);
  EncodeColumn(
      rollups, [](const Rollup& rollup) { return rollup.sum; }, out);
  EncodeColumn(
      rollups, [](const Rollup& rollup) { return static_cast<double>(rollup.count); }, out);
  return out.Take();
}

Status DecodeRollups(std::string_view bytes, std::vector<Rollup>& out) {
  Decoder in(bytes);
  std::array<std::vector<Sample>, 5> columns;
  for (std::vector<Sample>& column : columns) {
    std::string_view chunk = in.Bytes();
    if (in.failed()) return DataLoss("rollups cut short or damaged");
    FW_RETURN_IF_ERROR(DecodeChunk(chunk, column).With("rollups"));
  }
  if (!in.done()) return DataLoss("rollups cut short or damaged");
  const auto& [last, min, max, sum, count] = columns;
  size_t before = out.size();
  for (size_t i = 0; i < last.size(); ++i) {
    bool alike = true;
    for (const std::vector<Sample>& column : columns) {
      alike = alike && column.size() == last.size() && column[i].at == last[i].at;
    }
    if (!alike || !(count[i].value >= 0 && count[i].value <= 1e15)) {
      out.resize(before);
      return DataLoss("rollups cut short or damaged");
    }
    out.push_back(
        {min[i].value, max[i].value, sum[i].value, static_cast<uint64_t>(count[i].value), last[i]});
  }
  return OkStatus();
}

}  // namespace forewarn
