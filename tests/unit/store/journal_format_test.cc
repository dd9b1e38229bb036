#include "store/journal_format.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "base/bytes.h"
#include "tests/unit/store/journal_format3.h"

namespace forewarn {
namespace {

std::string Hex(std::string_view bytes) {
  std::string hex;
  for (char c : bytes) hex += fmt::format("{:02x}", static_cast<uint8_t>(c));
  return hex;
}

// The first entry of a tape, and such a one read.
std::string Encode(std::string_view entry, const AppliedSamples& samples,
                   std::span<const SealedChunk> sealed) {
  return JournalEncoder().Encode(entry, samples, sealed, 1000);
}
StatusOr<Store::JournalItem> Decode(uint64_t sequence, std::string_view bytes) {
  return JournalDecoder().Decode(sequence, bytes, 1000);
}

std::vector<uint64_t> Bits(const std::vector<double>& values) {
  std::vector<uint64_t> bits;
  for (double value : values) bits.push_back(std::bit_cast<uint64_t>(value));
  return bits;
}

// The layout as the grammar says, byte by byte: a change here is a new format.
TEST(JournalFormat, WritesWhatTheGrammarSays) {
  AppliedSamples samples;
  samples.Add(2, FromMillis(1), 1.0);
  samples.Add(3, FromMillis(1), -0.5);
  SealedChunk sealed{3, FromMillis(-1), FromMillis(1), 2, "elsewhere", 2};
  JournalEncoder encoder;
  EXPECT_EQ(Hex(encoder.Encode("e", samples, {&sealed, 1}, 3)),
            "06"
            "00"
            "0165"
            "00"
            "01"
            "09010204020202040709"
            "01"
            "02030102");
  samples.values[0] = 3;
  EXPECT_EQ(Hex(encoder.Encode("e", samples, {}, 3)),
            "06"
            "01"
            "0165"
            "00"
            "01"
            "0801020402020208"
            "05"
            "00")
      << "what has changed since";
}

// Steps would take memory for all series up to it.
TEST(JournalFormat, WritesColumnsForASeriesThatIsNotStored) {
  AppliedSamples samples;
  samples.Add(4'000'000'000, FromMillis(5), 1.0);
  auto item = JournalDecoder().Decode(1, JournalEncoder().Encode("", samples, {}, 7), 7);
  ASSERT_TRUE(item.ok()) << item.status().ToString();
  EXPECT_EQ(item->samples.ids, samples.ids);
  EXPECT_EQ(item->samples.values, samples.values);
}

TEST(JournalFormat, WritesColumnsWhereStepsDoNotFit) {
  AppliedSamples samples;
  samples.Add(2, FromMillis(-1), 1.0);
  samples.Add(3, FromMillis(-1), -0.5);
  samples.Add(1, FromMillis(3), 1e300);
  EXPECT_EQ(Hex(Encode("e", samples, {})),
            "06"
            "00"
            "0165"
            "01"
            "03"
            "0402"
            "0501"
            "0102"
            "0801"
            "20"
            "9101"
            "0f9c7500883ce4377e"
            "00");
}

// Tapes that differ in where their columns lie.
TEST(JournalFormat, GivesBackATapeFromItsBeginningAndInItsOrder) {
  for (size_t columns_at : {0u, 3u, 9u}) {
    JournalEncoder encoder;
    std::vector<AppliedSamples> written;
    std::vector<std::string> tape;
    for (size_t i = 0; i < 8; ++i) {
      AppliedSamples& samples = written.emplace_back();
      for (SeriesId id = 1; id <= 300; ++id) {
        int64_t time = i == columns_at ? -1 : static_cast<int64_t>(15'000 * i + id % 2);
        samples.Add(
            id, FromMillis(time),
            id % 7 == 0 ? 1.0 / static_cast<double>(id + i) : 0.5 * static_cast<double>(i * id));
      }
      tape.push_back(encoder.Encode("e", samples, {}, 300));
      EXPECT_EQ(*EntriesBefore(tape.back()), i);
    }
    JournalDecoder decoder;
    for (size_t i = 0; i < tape.size(); ++i) {
      auto item = decoder.Decode(40 + i, tape[i], 300);
      ASSERT_TRUE(item.ok()) << item.status().ToString();
      EXPECT_EQ(item->sequence, 40 + i);
      EXPECT_EQ(item->samples.ids, written[i].ids);
      EXPECT_EQ(item->samples.times, written[i].times);
      EXPECT_EQ(Bits(item->samples.values), Bits(written[i].values));
      EXPECT_TRUE(decoder.IsAt(41 + i));
      EXPECT_FALSE(decoder.IsAt(40 + i));
    }
    // Another tape follows.
    EXPECT_TRUE(decoder.Decode(90, tape[0], 300).ok());
    EXPECT_TRUE(decoder.Decode(91, tape[1], 300).ok());
  }
}

TEST(JournalFormat, RefusesAnEntryWithoutThoseItBuildsOn) {
  AppliedSamples samples;
  samples.Add(1, FromMillis(1), 1);
  JournalEncoder encoder;
  std::string first = encoder.Encode("", samples, {}, 1);
  std::string second = encoder.Encode("", samples, {}, 1);
  std::string third = encoder.Encode("", samples, {}, 1);
  auto decode = [&](std::vector<std::pair<uint64_t, const std::string*>> entries) {
    JournalDecoder decoder;
    Status last;
    for (auto [sequence, bytes] : entries) last = decoder.Decode(sequence, *bytes, 1).status();
    return last;
  };
  EXPECT_TRUE(decode({{5, &first}, {6, &second}, {7, &third}}).ok());
  EXPECT_EQ(decode({{6, &second}}).code(), Code::kDataLoss);
  EXPECT_EQ(decode({{5, &first}, {7, &third}}).code(), Code::kDataLoss);
  EXPECT_EQ(decode({{5, &first}, {6, &third}}).code(), Code::kDataLoss);
  EXPECT_EQ(decode({{5, &first}, {6, &second}, {6, &second}}).code(), Code::kDataLoss);
  std::string old = EncodeJournal3({});
  EXPECT_EQ(decode({{5, &first}, {6, &old}, {7, &third}}).code(), Code::kDataLoss);
  EXPECT_EQ(JournalDecoder().Decode(5, first, 0).status().code(), Code::kDataLoss)
      << "there is no series 1";
}

TEST(JournalFormat, TakesMoreSamplesThanABlockHolds) {
  AppliedSamples samples;
  for (uint32_t i = 0; i < 150'000; ++i) samples.Add(1 + i % 1000, FromMillis(i / 1000), i % 10);
  auto item = Decode(1, Encode("", samples, {}));
  ASSERT_TRUE(item.ok()) << item.status().ToString();
  EXPECT_EQ(item->samples.ids, samples.ids);
  EXPECT_EQ(item->samples.times, samples.times);
  EXPECT_EQ(item->samples.values, samples.values);
}

// Each block that says so unfolds to 65 536 samples.
TEST(JournalFormat, RefusesFewBytesThatUnfoldToMoreSamplesThanACommitHolds) {
  auto repeated = [](int blocks) {
    AppliedSamples samples;
    for (uint32_t i = 0; i < kPackedSamplesMax; ++i) samples.Add(1, FromMillis(0), 0);
    std::string block;
    StreamEncoder().Encode(samples.ids, samples.times, samples.values, block);
    Encoder out;
    out.U8(6);
    out.Varint(0);
    out.Bytes("");
    out.U8(0);
    out.Varint(static_cast<uint64_t>(blocks));
    for (int i = 0; i < blocks; ++i) out.Bytes(block);
    out.Varint(0);
    return Decode(1, out.Take()).ok();
  };
  EXPECT_FALSE(repeated(257));
}

TEST(JournalFormat, ReadsWhatFormat1Wrote) {
  std::string bytes("\x00\x01\x65\x02\x04\x01\x02\x04", 8);
  for (int i = 0; i < 2; ++i) bytes += std::string("\x00\x00\x00\x00\x00\x00\xf0\x3f", 8);
  auto item = Decode(4, bytes);
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
  Commit commit;
  commit.entry = "e";
  commit.samples = samples;
  commit.chunks = {{7, FromMillis(0), FromMillis(59), 60, "", 0}};
  std::string bytes = EncodeJournal3(commit);
  EXPECT_EQ(Decode(4, bytes)->seals->size(), 1u) << "that is format 3";
  bytes[0] = static_cast<char>(bytes[0] - 2);
  auto item = Decode(4, bytes);
  ASSERT_TRUE(item.ok()) << item.status().ToString();
  EXPECT_EQ(item->entry, "e");
  EXPECT_EQ(item->samples.ids, samples.ids);
  EXPECT_EQ(item->samples.times, samples.times);
  EXPECT_EQ(item->samples.values, samples.values);
  EXPECT_FALSE(item->seals) << "it does not tell";
  bytes.pop_back();
  EXPECT_FALSE(Decode(4, bytes).ok()) << "what it does not tell is whole all the same";
}

TEST(JournalFormat, GivesBackEveryBitOfEveryValue) {
  const double kInfinity = std::numeric_limits<double>::infinity();
  AppliedSamples samples;
  for (double value : {0.0, -0.0, 0.1, 12.75, -99.999999999, 1e300, 5e-324, kInfinity, -kInfinity,
                       std::nan("7"), StaleMarker(), 9007199254740991.0, 9007199254740994.0}) {
    samples.Add(1, FromMillis(static_cast<int64_t>(samples.size())), value);
  }
  auto item = Decode(1, Encode("", samples, {}));
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
  auto item = Decode(1, Encode("", samples, sealed));
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
  std::string bytes = Encode(entry, samples, {});
  EXPECT_LT(bytes.size(), 2'000u);
  auto back = Decode(9, bytes);
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
  auto back = Decode(1, Encode(entry, {}, {}));
  ASSERT_TRUE(back.ok()) << back.status().ToString();
  EXPECT_EQ(back->entry.size(), entry.size());
}

TEST(JournalFormat, RefusesJournalEntriesThatAreCutShortOrGoOn) {
  AppliedSamples samples;
  for (int i = 0; i < 30; ++i) samples.Add(1, FromMillis(i), i);
  for (const std::string& entry : {std::string("short"), std::string(500, 'x')}) {
    for (const AppliedSamples& of : {AppliedSamples{}, samples}) {
      std::string bytes = Encode(entry, of, {});
      for (size_t size = 0; size < bytes.size(); ++size) {
        EXPECT_EQ(Decode(1, std::string_view(bytes).substr(0, size)).status().code(),
                  Code::kDataLoss)
            << size;
      }
      EXPECT_FALSE(Decode(1, bytes + '\0').ok());
    }
  }
}

TEST(JournalFormat, DoesNotBelieveAFrameThatPromisesTooMuch) {
  std::string bytes = Encode(std::string(500, 'x'), {}, {});
  ASSERT_EQ(bytes[0], 7);
  Encoder lie;
  lie.U8(7);
  lie.Varint(0);
  lie.Varint(uint64_t{1} << 40);
  Decoder in(std::string_view(bytes).substr(2));
  in.Varint();
  lie.Raw(in.Rest());
  EXPECT_EQ(Decode(1, lie.str()).status().code(), Code::kDataLoss);
}

}  // namespace
}  // namespace forewarn
