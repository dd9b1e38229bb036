#include "probe/spool_segments.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

#include "tests/unit/probe/spool_items.h"

namespace forewarn {
namespace {

namespace fs = std::filesystem;

// A kill in the middle of a write leaves the file of the newest record cut at any byte. Strategy:
// cut it at each length, reopen, drain. Invariants: the spool opens; whole records come out as they
// went in; the others are declared, also those of which no byte is left; and the next start
// declares nothing again.
TEST(SpoolSegments, OpensAfterAKillAtAnyByte) {
  TempDir dir;
  SpoolOptions options = Options(dir);
  {
    auto spool = OpenOrDie(options);
    for (int round = 0; round < 3; ++round) ASSERT_TRUE(spool->Append(Item(round, 3), kStart).ok());
  }
  std::string segment = Files(options.folder, "samples-").at(0);
  std::string bytes = Slurp(segment);
  SpoolScan whole = ScanSegment(bytes, SpoolClass::kSamples, 0);
  ASSERT_EQ(whole.records.size(), 3u);
  for (size_t length = 0; length <= bytes.size(); ++length) {
    TempDir copy;
    SpoolOptions there = Options(copy);
    fs::copy(options.folder, there.folder, fs::copy_options::recursive);
    fs::resize_file(there.folder + "/" + fs::path(segment).filename().string(), length);
    size_t good = 0;
    for (const SpoolRecordPlace& place : whole.records) {
      if (place.end <= length) ++good;
    }
    Delivered delivered = Drain(*OpenOrDie(there));
    ASSERT_EQ(delivered.samples.size(), good * 3) << "cut at " << length;
    // What is declared travels with a batch; when nothing is left to send it waits for the next
    // one.
    auto again = OpenOrDie(there);
    ASSERT_TRUE(again->Append(Item(9, 1), kStart).ok());
    delivered.Take(**again->Seal(kStart));
    ASSERT_EQ(delivered.samples.size() - 1 + delivered.gaps["samples"], 3u * 3)
        << "cut at " << length;
  }
}

// Flips each byte of a segment in turn. Invariant: delivered + declared = appended, whatever is
// hit, and the spool opens. (A hit in the file's own header costs the whole segment, declared.)
TEST(SpoolSegments, DeclaresWhateverAFlippedByteDamaged) {
  TempDir dir;
  SpoolOptions options = Options(dir);
  {
    auto spool = OpenOrDie(options);
    for (int round = 0; round < 3; ++round) ASSERT_TRUE(spool->Append(Item(round, 2), kStart).ok());
  }
  std::string segment = Files(options.folder, "samples-").at(0);
  std::string bytes = Slurp(segment);
  for (size_t at = 0; at < bytes.size(); ++at) {
    TempDir copy;
    SpoolOptions there = Options(copy);
    fs::copy(options.folder, there.folder, fs::copy_options::recursive);
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    Spill(there.folder + "/" + fs::path(segment).filename().string(), damaged);
    auto spool = OpenOrDie(there);
    ASSERT_TRUE(spool->Append(Item(9, 1), kStart).ok());
    Delivered delivered = Drain(*spool);
    ASSERT_EQ(delivered.samples.size() - 1 + delivered.gaps["samples"], 6u) << "byte " << at;
    ASSERT_FALSE(Files(there.folder, "quarantine-").empty());
  }
}

TEST(SpoolSegments, DeclaresARecordThatBecameUnreadableAfterItWasOpened) {
  TempDir dir;
  SpoolOptions options = Options(dir);
  auto spool = OpenOrDie(options);
  ASSERT_TRUE(spool->Append(Item(1, 3, 1), kStart).ok());
  std::string segment = Files(options.folder, "samples-").at(0);
  std::string bytes = Slurp(segment);
  bytes[kSpoolHeaderSize + kSpoolFrameSize + 5] ^= 1;
  Spill(segment, bytes);
  Delivered delivered = Drain(*spool);
  EXPECT_EQ(delivered.samples.size(), 0u);
  EXPECT_EQ(delivered.gaps["samples"], 3u);
  EXPECT_EQ(delivered.events.size(), 1u);
}

TEST(SpoolSegments, CountsWhatCouldNotBeWritten) {
  TempDir dir;
  SpoolOptions options = Options(dir);
  auto spool = OpenOrDie(options);
  // A folder in the place of the file that comes next.
  fs::create_directory(options.folder + "/samples-00000000000000000001.seg");
  EXPECT_FALSE(spool->Append(Item(1, 3), kStart).ok());
  fs::remove(options.folder + "/samples-00000000000000000001.seg");
  ASSERT_TRUE(spool->Append(Item(2, 1), kStart).ok());
  Delivered delivered = Drain(*spool);
  EXPECT_EQ(delivered.samples.size(), 1u);
  EXPECT_EQ(delivered.gaps["samples"], 3u);
}

// What is left of ten rounds, some acknowledged, some under way, some waiting, when `damage` was
// done to the second of their segments.
Delivered DrainAfter(const std::function<void(const std::string& segment)>& damage) {
  TempDir dir;
  SpoolOptions options = Options(dir);
  options.segment_bytes = 1 << 10;
  Delivered delivered;
  {
    auto spool = OpenOrDie(options);
    for (int round = 0; round < 10; ++round)
      EXPECT_TRUE(spool->Append(Item(round, 20, 1), kStart).ok());
    for (int batch = 0; batch < 5; ++batch) {
      StatusOr<std::optional<SpooledBatch>> sealed = spool->Seal(kStart);
      if (batch == 0) delivered.Take(**sealed);
      if (batch == 0) spool->Ack((*sealed)->epoch, 1);
    }
  }
  damage(Files(options.folder, "samples-").at(1));
  for (int start = 0; start < 2; ++start) {
    auto spool = OpenOrDie(options);
    EXPECT_EQ(spool->stats().gap_total % 20, 0u);
    if (start == 0) continue;  // the next start declares nothing again
    EXPECT_TRUE(spool->Append(Item(99, 1), kStart).ok());
    Delivered rest = Drain(*spool);
    for (double sample : rest.samples) delivered.samples.insert(sample);
    for (const std::string& event : rest.events) delivered.events.insert(event);
    for (const auto& [kind, count] : rest.gaps) delivered.gaps[kind] += count;
  }
  return delivered;
}

TEST(SpoolSegments, DeclaresASegmentThatIsGone) {
  Delivered delivered = DrainAfter([](const std::string& segment) { fs::remove(segment); });
  EXPECT_EQ(delivered.events.size(), 10u);
  EXPECT_GT(delivered.gaps["samples"], 0u);
  EXPECT_EQ(delivered.samples.size() - 1 + delivered.gaps["samples"], 10u * 20);
}

TEST(SpoolSegments, DeclaresASegmentThatCannotBeRead) {
  Delivered delivered = DrainAfter([](const std::string& segment) {
    fs::remove(segment);
    fs::create_directory(segment);
  });
  EXPECT_EQ(delivered.events.size(), 10u);
  EXPECT_GT(delivered.gaps["samples"], 0u);
  EXPECT_EQ(delivered.samples.size() - 1 + delivered.gaps["samples"], 10u * 20);
}

TEST(SpoolSegments, WithNothingLostDeclaresNothing) {
  Delivered delivered = DrainAfter([](const std::string&) {});
  EXPECT_TRUE(delivered.gaps.empty());
  EXPECT_EQ(delivered.samples.size() - 1, 10u * 20);
}

}  // namespace
}  // namespace forewarn
