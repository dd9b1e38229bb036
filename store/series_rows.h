#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "model/commit.h"

namespace forewarn {

// How the names of series are kept in the family `series`: those that a commit names, one after the
// other, each told by how it differs from the one before. The grammar is at the top of
// series_rows.cc.

struct SeriesRow {
  SeriesId first = 0;  // whose labels come first; those that follow have the next numbers
  std::string bytes;
};

// Numbers ascend. A hole between two begins another row, and so does a row that has become large.
std::vector<SeriesRow> EncodeSeriesRows(std::span<const NewSeries> series);

// kDataLoss for what EncodeSeriesRows() cannot have written; never much larger than a row is written.
// Of older formats, too, whose rows have one series each.
StatusOr<std::vector<NewSeries>> DecodeSeriesRow(SeriesId first, std::string_view bytes);

}  // namespace forewarn
