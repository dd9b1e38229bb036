// The first byte chooses a decoder of store/format.h; what it takes must be what the encoder
// writes.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "store/format.h"
#include "store/journal_format.h"
#include "store/rollup.h"
#include "store/series_rows.h"

namespace forewarn {
namespace {

template <typename Key>
void CheckKey(std::string_view bytes, std::optional<Key> key) {
  if (key) FW_CHECK(EncodeKey(*key) == bytes);
}

std::vector<SealedChunk> Sealed(const Store::JournalItem& item) {
  std::vector<SealedChunk> chunks;
  if (!item.seals) return chunks;
  for (const auto& seal : *item.seals) {
    chunks.push_back({seal.id, seal.first, seal.last, 1, "", seal.after});
  }
  return chunks;
}

constexpr SeriesId kHighest = 1000;

void CheckSame(const Store::JournalItem& item, const StatusOr<Store::JournalItem>& again) {
  FW_CHECK(again.ok() && again->entry == item.entry && again->samples.ids == item.samples.ids &&
           again->samples.times == item.samples.times &&
           again->seals->size() == Sealed(item).size());
  for (size_t i = 0; i < item.samples.size(); ++i) {
    FW_CHECK(std::bit_cast<uint64_t>(again->samples.values[i]) ==
             std::bit_cast<uint64_t>(item.samples.values[i]));
  }
}

// Up to one that is refused.
void CheckTape(const std::vector<std::string_view>& entries) {
  JournalDecoder decoder, decoder_again;
  JournalEncoder encoder;
  for (uint64_t sequence = 1; sequence <= entries.size(); ++sequence) {
    std::string_view entry = entries[sequence - 1];
    (void)EntriesBefore(entry).ok();
    auto item = decoder.Decode(sequence, entry, kHighest);
    if (!item.ok()) return;
    std::string again = encoder.Encode(item->entry, item->samples, Sealed(*item), kHighest);
    CheckSame(*item, decoder_again.Decode(sequence, again, kHighest));
  }
}

// Each has two bytes before it that say how long it is.
std::vector<std::string_view> Entries(std::string_view bytes) {
  std::vector<std::string_view> entries;
  while (bytes.size() >= 2) {
    size_t size = static_cast<uint8_t>(bytes[0]) | size_t{static_cast<uint8_t>(bytes[1])} << 8;
    entries.push_back(bytes.substr(2, size));
    bytes.remove_prefix(2 + entries.back().size());
  }
  return entries;
}

void CheckSealed(std::string_view bytes) {
  ChunkKey key{0, 1, 1, FromMillis(1000)};
  auto chunk = DecodeSealed(key, bytes);
  if (!chunk.ok()) return;
  FW_CHECK(chunk->last >= chunk->first);
  auto again = DecodeSealed(key, EncodeSealed(*chunk));
  FW_CHECK(again.ok() && again->last == chunk->last && again->count == chunk->count &&
           again->bytes == chunk->bytes);
}

void CheckRollups(std::string_view bytes) {
  std::vector<Rollup> rollups, again;
  if (!DecodeRollups(bytes, rollups).ok()) return;
  FW_CHECK(DecodeRollups(EncodeRollups(rollups), again).ok() && again.size() == rollups.size());
  for (size_t i = 0; i < rollups.size(); ++i) {
    FW_CHECK(again[i].last == rollups[i].last && again[i].count == rollups[i].count);
  }
}

void CheckHistory(std::string_view bytes) {
  HistoryKey key{0, 1, "acme", FromMillis(1000), 1, 0};
  auto row = DecodeHistory(key, bytes);
  if (!row.ok()) return;
  auto again = DecodeHistory(key, EncodeHistory(*row));
  FW_CHECK(again.ok() && again->kind == row->kind && again->probe == row->probe &&
           again->record == row->record);
}

void CheckSeries(std::string_view bytes) {
  auto series = DecodeSeriesRow(1, bytes);
  // Those of older formats are read only.
  if (!series.ok() || bytes.empty() || bytes.front() != 1) return;
  SeriesId next = 1;
  for (const SeriesRow& row : EncodeSeriesRows(*series)) {
    auto again = DecodeSeriesRow(row.first, row.bytes);
    FW_CHECK(again.ok() && row.first == next);
    for (const NewSeries& one : *again) FW_CHECK(one.labels == (*series)[next++ - 1].labels);
  }
  FW_CHECK(next == series->size() + 1);
}

}  // namespace
}  // namespace forewarn

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace forewarn;
  if (size == 0) return 0;
  std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0]) {
    case 'j': CheckTape({bytes}); break;
    case 'k': CheckTape(Entries(bytes)); break;
    case 'c': CheckSealed(bytes); break;
    case 'r': CheckRollups(bytes); break;
    case 'h': CheckHistory(bytes); break;
    case 's': CheckSeries(bytes); break;
    case 'm': (void)DecodeMeta(bytes).ok(); break;
    case 'J': CheckKey(bytes, DecodeJournalKey(bytes)); break;
    case 'S': CheckKey(bytes, DecodeSeriesKey(bytes)); break;
    case 'R': CheckKey(bytes, DecodeRollupKey(bytes)); break;
    case 'C': CheckKey(bytes, DecodeChunkKey(bytes)); break;
    case 'H': CheckKey(bytes, DecodeHistoryKey(bytes)); break;
    case 'T': CheckKey(bytes, DecodeStateKey(bytes)); break;
    case 'D': (void)DecodeDay(bytes).has_value(); break;
    default: break;
  }
  return 0;
}
