#include "store/journal_format.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "base/bytes.h"

namespace forewarn {
namespace {

std::string Hex(std::string_view bytes) {
  std::string hex;
  for (char c : bytes) hex += fmt::format("{:02x}", static_cast<uint8_t>(c));
  return hex;
}

// The layout as the grammar says, byte by byte: a change here is a new format.
TEST(JournalFormat, WritesWhatTheGrammarSays) {
  AppliedSamples samples;
  samples.Add(2, FromMillis(1), 1.0);
  samples.Add(3, FromMillis(1), -0.5);
  samples.Add(1, FromMillis(3), 1e300);
  SealedChunk sealed{3, FromMillis(-1), FromMillis(1), 2, "elsewhere", 2};
  EXPECT_EQ(Hex(EncodeJournal("e", samples, {&sealed, 1})),
            "04"
            "0165"
            "03"
            "0402"
            "0501"
            "0202"
            "0401"
            "20"
            "9101"
            "0f9c7500883ce4377e"
            "01"
            "02030102");
}

TEST(JournalFormat, ReadsWhatFormat1Wrote) {
  std::string bytes("\x00\x01\x65\x02\x04\x01\x02\x04", 8);
  for (int i = 0; i < 2; ++i) bytes += std::string("\x00\x00\x00\x00\x00\x00\xf0\x3f", 8);
  auto item = DecodeJournal(4, bytes);
  ASSERT_TRUE(item.ok()) << item.status().ToString();
  EXPECT_EQ(item->entry, "e");
  EXPECT_EQ(item->samples.ids, (std::vector<SeriesId>{2, 1}));
  EXPECT_EQ(item->samples.times, (std::vector<Timestamp>{FromMillis(1), FromMillis(3)}));
  EXPECT_EQ(item->samples.values, (std::vector<double>{1, 1}));
  EXPECT_FALSE(item->seals) << "it does not tell";
}

// Format 2 claimed that everything was sealed before the first sample.
TEST(JournalFormat, ReadsWhatFormat2WroteAndBelievesNoneOfItsSeals) {
  AppliedSamples samples;
  for (int i = 0; i < 100; ++i) samples.Add(7, FromMillis(i), i * 0.5);
  SealedChunk sealed{7, FromMillis(0), FromMillis(59), 60, "", 0};
  for (const std::string& entry : {std::string("e"), std::string(500, 'x')}) {
    std::string bytes = EncodeJournal(entry, samples, {&sealed, 1});
    bytes[0] = static_cast<char>(bytes[0] - 2);
    auto item = DecodeJournal(4, bytes);
    ASSERT_TRUE(item.ok()) << item.status().ToString();
    EXPECT_EQ(item->entry, entry);
    EXPECT_EQ(item->samples.ids, samples.ids);
    EXPECT_EQ(item->samples.times, samples.times);
    EXPECT_EQ(item->samples.values, samples.values);
    EXPECT_FALSE(item->seals) << "it does not tell";
    bytes.pop_back();
    EXPECT_FALSE(DecodeJournal(4, bytes).ok()) << "what it does not tell is whole all the same";
  }
}

TEST(JournalFormat, GivesBackEveryBitOfEveryValue) {
  const double kInfinity = std::numeric_limits<double>::infinity();
  AppliedSamples samples;
  for (double value : {0.0, -0.0, 0.1, 12.75, -99.999999999, 1e300, 5e-324, kInfinity, -kInfinity,
                       std::nan("7"), StaleMarker(), 9007199254740991.0, 9007199254740994.0}) {
    samples.Add(1, FromMillis(static_cast<int64_t>(samples.size())), value);
  }
  auto item = DecodeJournal(1, EncodeJournal("", samples, {}));
  ASSERT_TRUE(item.ok());
  ASSERT_EQ(item->samples.size(), samples.size());
  for (size_t i = 0; i < samples.size(); ++i) {
    EXPECT_EQ(std::bit_cast<uint64_t>(item->samples.values[i]),
              std::bit_cast<uint64_t>(samples.values[i]));
  }
}

TEST(JournalFormat, TellsWhenRunsWereSealed) {
  AppliedSamples samples;
  for (int i = 0; i < 100; ++i) samples.Add(7, FromMillis(i), i);
  std::vector<SealedChunk> sealed = {{9, FromMillis(-5), FromMillis(-5), 1, "", 0},
                                     {7, FromMillis(0), FromMillis(59), 60, "", 60},
                                     {7, FromMillis(60), FromMillis(99), 40, "", 100}};
  auto item = DecodeJournal(1, EncodeJournal("", samples, sealed));
  ASSERT_TRUE(item.ok());
  ASSERT_TRUE(item->seals);
  ASSERT_EQ(item->seals->size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ((*item->seals)[i].after, sealed[i].after);
    EXPECT_EQ((*item->seals)[i].id, sealed[i].id);
    EXPECT_EQ((*item->seals)[i].first, sealed[i].first);
    EXPECT_EQ((*item->seals)[i].last, sealed[i].last);
  }
}

TEST(JournalFormat, GivesBackLargeJournalEntriesInFewBytes) {
  AppliedSamples samples;
  for (int i = 0; i < 10'000; ++i)
    samples.Add(1 + i % 500, FromMillis(1'767'225'600'000 + i / 500 * 15'000), i % 10);
  std::string entry(5000, 'e');
  std::string bytes = EncodeJournal(entry, samples, {});
  EXPECT_LT(bytes.size(), 2'000u);
  auto back = DecodeJournal(9, bytes);
  ASSERT_TRUE(back.ok()) << back.status().ToString();
  EXPECT_EQ(back->sequence, 9u);
  EXPECT_EQ(back->entry, entry);
  EXPECT_EQ(back->samples.ids, samples.ids);
  EXPECT_EQ(back->samples.times, samples.times);
  EXPECT_EQ(back->samples.values, samples.values);
}

// A commit of many results of rules is larger than any push.
TEST(JournalFormat, GivesBackAnEntryOfMoreThanAQuarterOfAGibibyte) {
  std::string entry((256 << 20) + 1, 'e');
  auto back = DecodeJournal(1, EncodeJournal(entry, {}, {}));
  ASSERT_TRUE(back.ok()) << back.status().ToString();
  EXPECT_EQ(back->entry.size(), entry.size());
}

TEST(JournalFormat, RefusesJournalEntriesThatAreCutShortOrGoOn) {
  AppliedSamples samples;
  for (int i = 0; i < 30; ++i) samples.Add(1, FromMillis(i), i);
  for (const std::string& entry : {std::string("short"), std::string(500, 'x')}) {
    for (const AppliedSamples& of : {AppliedSamples{}, samples}) {
      std::string bytes = EncodeJournal(entry, of, {});
      for (size_t size = 0; size < bytes.size(); ++size) {
        EXPECT_EQ(DecodeJournal(1, std::string_view(bytes).substr(0, size)).status().code(),
                  Code::kDataLoss)
            << size;
      }
      EXPECT_FALSE(DecodeJournal(1, bytes + '\0').ok());
    }
  }
}

TEST(JournalFormat, DoesNotBelieveAFrameThatPromisesTooMuch) {
  std::string bytes = EncodeJournal(std::string(500, 'x'), {}, {});
  ASSERT_EQ(bytes[0], 5);
  Encoder lie;
  lie.U8(5);
  lie.Varint(uint64_t{1} << 40);
  Decoder in(std::string_view(bytes).substr(1));
  in.Varint();
  lie.Raw(in.Rest());
  EXPECT_EQ(DecodeJournal(1, lie.str()).status().code(), Code::kDataLoss);
}

}  // namespace
}  // namespace forewarn
