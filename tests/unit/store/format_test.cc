#include "store/format.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "store/commit_check.h"

namespace forewarn {
namespace {

std::string Hex(std::string_view bytes) {
  std::string hex;
  for (char c : bytes) hex += fmt::format("{:02x}", static_cast<uint8_t>(c));
  return hex;
}

// The layouts as the grammar says, byte by byte: a change here is a new format.
TEST(Format, WritesKeysAsTheGrammarSays) {
  EXPECT_EQ(Hex(EncodeKey(JournalKey{1, 64, 258})),
            "00000001"
            "0040"
            "0000000000000102");
  EXPECT_EQ(Hex(EncodeKey(SeriesKey{2, 7})),
            "0002"
            "00000007");
  EXPECT_EQ(Hex(EncodeKey(ChunkKey{1, 3, 9, FromMillis(86'400'001)})),
            "8000000000000001"
            "0003"
            "00000009"
            "8000000005265c01");
  EXPECT_EQ(Hex(EncodeKey(HistoryKey{-1, 3, "ab", FromMillis(-1), 5, 6})),
            "7fffffffffffffff"
            "0003"
            "02"
            "6162"
            "7fffffffffffffff"
            "0000000000000005"
            "00000006");
  EXPECT_EQ(Hex(EncodeKey(StateKey{3, StateKind::kTicket, "x"})),
            "0003"
            "05"
            "78");
  EXPECT_EQ(Hex(EncodeMetaKey(MetaKind::kJournalKeptFrom, 64)),
            "02"
            "0040");
}

TEST(Format, WritesValuesAsTheGrammarSays) {
  EXPECT_EQ(Hex(EncodeSealed({1, FromMillis(10), FromMillis(310), 2, "z"})),
            "ac02"
            "02"
            "7a");
  EXPECT_EQ(Hex(EncodeHistory({HistoryKind::kGap, "acme", "p", FromMillis(0), "r"})),
            "04"
            "0170"
            "72");
  EXPECT_EQ(Hex(EncodeMeta(300)), "ac02");
}

TEST(Format, ReadsBackWhatItWrote) {
  auto journal = DecodeJournalKey(EncodeKey(JournalKey{7, 64, UINT64_MAX}));
  ASSERT_TRUE(journal);
  EXPECT_EQ(journal->segment, 7u);
  EXPECT_EQ(journal->partition, 64u);
  EXPECT_EQ(journal->sequence, UINT64_MAX);
  auto series = DecodeSeriesKey(EncodeKey(SeriesKey{7, 4'000'000'000}));
  ASSERT_TRUE(series);
  EXPECT_EQ(series->id, 4'000'000'000u);
  auto history = DecodeHistoryKey(EncodeKey(HistoryKey{-1, 1, "acme", FromMillis(-5), 8, 9}));
  ASSERT_TRUE(history);
  EXPECT_EQ(history->customer, "acme");
  EXPECT_EQ(history->at, FromMillis(-5));
  EXPECT_EQ(history->sequence, 8u);
  EXPECT_EQ(history->index, 9u);
  auto state = DecodeStateKey(EncodeKey(StateKey{1, StateKind::kFact, "p/os"}));
  ASSERT_TRUE(state);
  EXPECT_EQ(state->kind, StateKind::kFact);
  EXPECT_EQ(state->id, "p/os");

  SealedChunk chunk{4, FromMillis(5), FromMillis(50), 3, "bytes"};
  auto key = DecodeChunkKey(EncodeKey(ChunkKey{0, 2, 4, chunk.first}));
  ASSERT_TRUE(key);
  auto back = DecodeSealed(*key, EncodeSealed(chunk));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->id, chunk.id);
  EXPECT_EQ(back->last, chunk.last);
  EXPECT_EQ(back->count, chunk.count);
  EXPECT_EQ(back->bytes, chunk.bytes);
}

TEST(Format, SortsKeysByTimeAlsoBefore1970) {
  std::vector<std::string> keys;
  for (int64_t at : {int64_t{-200'000'000'000}, int64_t{-1}, int64_t{0}, int64_t{1},
                     int64_t{86'400'000}, int64_t{1'767'225'600'000}}) {
    keys.push_back(EncodeKey(ChunkKey{StoredDayOf(FromMillis(at)), 1, 1, FromMillis(at)}));
  }
  EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
}

TEST(Format, RefusesKeysOfAnotherLengthAndOfAnotherDay) {
  std::string key = EncodeKey(ChunkKey{0, 1, 1, FromMillis(5)});
  EXPECT_TRUE(DecodeChunkKey(key));
  EXPECT_FALSE(DecodeChunkKey(key + "x"));
  EXPECT_FALSE(DecodeChunkKey(key.substr(1)));
  EXPECT_FALSE(DecodeChunkKey(EncodeKey(ChunkKey{1, 1, 1, FromMillis(5)})));
  EXPECT_FALSE(DecodeHistoryKey(EncodeKey(HistoryKey{1, 1, "a", FromMillis(5), 1, 1})));
  EXPECT_FALSE(DecodeSeriesKey("123"));
  EXPECT_FALSE(DecodeStateKey("12"));
  EXPECT_FALSE(DecodeJournalKey(""));
}

TEST(Format, RefusesAChunkThatCrossesItsDay) {
  ChunkKey key{0, 1, 1, FromMillis(86'399'000)};
  EXPECT_TRUE(DecodeSealed(key, EncodeSealed({1, key.first, FromMillis(86'399'999), 2, ""})).ok());
  EXPECT_FALSE(DecodeSealed(key, EncodeSealed({1, key.first, FromMillis(86'400'000), 2, ""})).ok());
}

}  // namespace
}  // namespace forewarn
