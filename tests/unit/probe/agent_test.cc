#include "probe/agent.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <filesystem>

#include "model/series_source.h"
#include "tests/unit/probe/fake_collector.h"
#include "tests/unit/probe/temp_dir.h"

namespace forewarn {
namespace {

constexpr Timestamp kStart = FromMillis(1'777'600'000'000);

// Reads what the test put into it.
class FakeSource : public Source {
 public:
  std::vector<Reading> samples;
  std::vector<Event> events;
  Status status;
  bool repeatable = false;
  int commits = 0;
  int rollbacks = 0;

  std::string_view name() const override { return "fake"; }
  Status Read(Readings& out) override {
    out.samples.insert(out.samples.end(), samples.begin(), samples.end());
    out.reports.events = events;
    return status;
  }
  Status Commit() override {
    ++commits;
    return OkStatus();
  }
  bool repeats() const override { return repeatable; }
  void Rollback() override { ++rollbacks; }
};

class AgentTest : public ::testing::Test {
 protected:
  AgentTest() {
    SpoolOptions spool;
    spool.folder = dir_ / "spool";
    spool.sync = false;
    spool_ = *Spool::Open(spool, kStart);
    stream_ = std::make_unique<Stream>(StreamOptions{}, *spool_, collector_, clock_, rng_, nullptr);
    RedactionOptions redaction;
    redaction.key = std::string(32, 'k');
    redactor_ = *Redactor::Make(std::move(redaction));
  }

  void Start(AgentOptions options = {}) {
    std::vector<std::unique_ptr<Source>> sources;
    auto source = std::make_unique<FakeSource>();
    source_ = source.get();
    sources.push_back(std::move(source));
    agent_ =
        std::make_unique<Agent>(options, std::move(sources), *redactor_, *spool_, *stream_, clock_);
  }

  std::vector<SpooledBatch> TakeAll() {
    std::vector<SpooledBatch> all;
    for (;;) {
      StatusOr<std::optional<SpooledBatch>> batch = spool_->Seal(clock_.Now());
      EXPECT_TRUE(batch.ok());
      if (!batch->has_value()) return all;
      all.push_back(**batch);
    }
  }

  static const Reading* Find(const SpooledBatch& batch, std::string_view text) {
    for (const Reading& reading : batch.item.samples) {
      if (SeriesText(reading.series) == text) return &reading;
    }
    return nullptr;
  }

  TempDir dir_;
  ManualClock clock_{kStart};
  Rng rng_{1};
  FakeCollector collector_{clock_};
  std::unique_ptr<Spool> spool_;
  std::unique_ptr<Stream> stream_;
  std::unique_ptr<Redactor> redactor_;
  std::unique_ptr<Agent> agent_;
  FakeSource* source_ = nullptr;
};

TEST_F(AgentTest, StampsARoundWithItsTimeIntervalAndTheSourcesSuccess) {
  Start();
  source_->samples = {{MakeSeriesName("m", {}), 1}};
  agent_->Round();
  std::vector<SpooledBatch> batches = TakeAll();
  ASSERT_EQ(batches.size(), 1u);
  EXPECT_EQ(batches[0].item.at, kStart);
  ASSERT_EQ(batches[0].item.rounds.size(), 1u);
  EXPECT_EQ(batches[0].item.rounds[0].end, kStart);
  EXPECT_EQ(batches[0].item.rounds[0].interval, 15s);
  ASSERT_NE(Find(batches[0], "m"), nullptr);
  EXPECT_EQ(Find(batches[0], "node_scrape_collector_success{collector=\"fake\"}")->value, 1);
  EXPECT_NE(Find(batches[0], "forewarn_probe_spool_bytes"), nullptr);
  EXPECT_EQ(source_->commits, 1);
}

TEST_F(AgentTest, EndsASeriesThatVanished) {
  Start();
  source_->samples = {{MakeSeriesName("m", {{"d", "a"}}), 1},
                      {MakeSeriesName("m", {{"d", "b"}}), 1}};
  agent_->Round();
  source_->samples.pop_back();
  clock_.Advance(15s);
  agent_->Round();
  clock_.Advance(15s);
  agent_->Round();
  std::vector<SpooledBatch> batches = TakeAll();
  ASSERT_EQ(batches.size(), 3u);
  const Reading* ended = Find(batches[1], "m{d=\"b\"}");
  ASSERT_NE(ended, nullptr);
  EXPECT_TRUE(IsStale(ended->value));
  EXPECT_EQ(Find(batches[2], "m{d=\"b\"}"), nullptr) << "once";
}

TEST_F(AgentTest, DoesNotEndWhatItCouldNotLookAt) {
  Start();
  source_->samples = {{MakeSeriesName("m", {}), 1}};
  agent_->Round();
  source_->samples.clear();
  source_->status = Unavailable("/proc/m: Permission denied");
  clock_.Advance(15s);
  agent_->Round();
  source_->status = OkStatus();
  clock_.Advance(15s);
  agent_->Round();
  std::vector<SpooledBatch> batches = TakeAll();
  EXPECT_EQ(Find(batches[1], "m"), nullptr);
  EXPECT_EQ(Find(batches[1], "node_scrape_collector_success{collector=\"fake\"}")->value, 0);
  ASSERT_NE(Find(batches[2], "m"), nullptr) << "a good look finds it missing";
  EXPECT_TRUE(IsStale(Find(batches[2], "m")->value));
}

TEST_F(AgentTest, SplitsALargeRoundAndEndsItWithTheLastPart) {
  AgentOptions options;
  options.batch_bytes = 10'000;
  Start(options);
  for (int i = 0; i < 1000; ++i) {
    std::string label = std::to_string(i);
    source_->samples.push_back({MakeSeriesName("m", {{"i", label}}), 1.0 * i});
  }
  agent_->Round();
  std::vector<SpooledBatch> batches = TakeAll();
  ASSERT_GT(batches.size(), 3u);
  size_t samples = 0;
  for (size_t i = 0; i < batches.size(); ++i) {
    samples += batches[i].item.samples.size();
    EXPECT_EQ(batches[i].item.rounds.size(), i + 1 == batches.size() ? 1u : 0u);
    EXPECT_EQ(batches[i].item.at, kStart);
  }
  EXPECT_GE(samples, 1000u);
}

TEST_F(AgentTest, SplitsToWhatTheCollectorTakes) {
  Start();
  collector_.welcome.set_max_batch_bytes(10'000);
  stream_->Step(0ms);
  for (int i = 0; i < 1000; ++i) {
    std::string label = std::to_string(i);
    source_->samples.push_back({MakeSeriesName("m", {{"i", label}}), 1.0 * i});
  }
  agent_->Round();
  EXPECT_GT(TakeAll().size(), 3u);
}

TEST_F(AgentTest, RedactsBeforeItSpools) {
  Start();
  Event event;
  event.message = event.template_text = "password=hunter2";
  source_->events = {event};
  agent_->Round();
  EXPECT_THAT(TakeAll()[0].item.reports.events[0].message,
              ::testing::StartsWith("password=<password:"));
}

TEST_F(AgentTest, TakesAWrongClockOffTheTimesOfTheRound) {
  Start();
  collector_.welcome.set_clock_offset_ms(60'000);
  stream_->Step(0ms);
  stream_->Step(0ms);
  agent_->Round();
  SpooledBatch batch = TakeAll().at(0);
  EXPECT_EQ(batch.item.at, clock_.Now() - 60s);
  EXPECT_EQ(batch.item.rounds[0].clock_offset, 60s);
}

TEST_F(AgentTest, DeclaresASeriesThatNoCollectorTakes) {
  Start();
  std::string label(3000, 'x');
  source_->samples = {{MakeSeriesName("m", {{"a", label}}), 1}, {MakeSeriesName("m", {}), 2}};
  agent_->Round();
  SpooledBatch batch = TakeAll().at(0);
  EXPECT_NE(Find(batch, "m"), nullptr);
  ASSERT_EQ(batch.gaps.size(), 1u);
  EXPECT_EQ(batch.gaps[0].reason, "too_large");
  EXPECT_EQ(batch.gaps[0].kind, "samples");
  EXPECT_EQ(batch.gaps[0].count, 1u);
}

TEST_F(AgentTest, NoSourceForgetsWhatCouldNotBeKept) {
  spool_.reset();
  SpoolOptions spool;
  spool.folder = dir_ / "full";
  spool.sync = false;
  spool.max_bytes = 0;
  spool_ = *Spool::Open(spool, kStart);
  stream_ = std::make_unique<Stream>(StreamOptions{}, *spool_, collector_, clock_, rng_, nullptr);
  Start();
  agent_->Round();
  EXPECT_EQ(agent_->stats().append_failures, 1u);
  EXPECT_EQ(source_->commits, 0);
}

TEST_F(AgentTest, WhatCanBeReadAgainIsNotLostWhenTheSpoolCannotKeepIt) {
  Start();
  source_->repeatable = true;
  source_->samples = {{MakeSeriesName("m", {}), 1}};
  source_->events = {Event(), Event(), Event()};
  // A folder in the place of the file that comes next.
  std::filesystem::create_directory(dir_ / "spool/reports-00000000000000000001.seg");
  agent_->Round();
  EXPECT_EQ(source_->rollbacks, 1);
  EXPECT_EQ(source_->commits, 0);
  std::filesystem::remove(dir_ / "spool/reports-00000000000000000001.seg");
  clock_.Advance(15s);
  agent_->Round();
  EXPECT_EQ(source_->rollbacks, 1);
  EXPECT_EQ(source_->commits, 1);
  size_t events = 0;
  size_t samples = 0;
  for (const SpooledBatch& batch : TakeAll()) {
    events += batch.item.reports.events.size();
    samples += Find(batch, "m") != nullptr;
    EXPECT_TRUE(batch.gaps.empty()) << batch.gaps[0].kind;
  }
  EXPECT_EQ(events, 3u);
  EXPECT_EQ(samples, 2u) << "what belongs to its moment is not brought again";
}

TEST_F(AgentTest, OfWhatCanBeReadAgainAndWasPartlyKeptTheRestIsDeclared) {
  AgentOptions options;
  options.batch_bytes = 3000;
  spool_.reset();
  SpoolOptions spool;
  spool.folder = dir_ / "small";
  spool.sync = false;
  spool.segment_bytes = 100;  // a file a record
  spool_ = *Spool::Open(spool, kStart);
  stream_ = std::make_unique<Stream>(StreamOptions{}, *spool_, collector_, clock_, rng_, nullptr);
  Start(options);
  source_->repeatable = true;
  // Redaction looks for secrets in what has no words.
  Event event;
  for (int i = 0; i < 400; ++i) event.message += "word ";
  source_->events = {event, event, event};
  std::filesystem::create_directory(dir_ / "small/reports-00000000000000000002.seg");
  agent_->Round();
  EXPECT_EQ(source_->rollbacks, 0);
  EXPECT_EQ(source_->commits, 1);
  uint64_t kept = 0;
  uint64_t declared = 0;
  for (const SpooledBatch& batch : TakeAll()) {
    kept += batch.item.reports.events.size();
    for (const Gap& gap : batch.gaps) declared += gap.kind == "events" ? gap.count : 0;
  }
  EXPECT_EQ(kept, 1u);
  EXPECT_EQ(declared, 2u);
}

TEST_F(AgentTest, TheFirstRoundWaitsForTheHandshakeThatMeasuresTheClock) {
  Start();
  EXPECT_FALSE(agent_->Ready());
  collector_.welcome.set_clock_offset_ms(3'600'000);
  stream_->Step(0ms);
  stream_->Step(0ms);
  ASSERT_TRUE(agent_->Ready());
  agent_->Round();
  EXPECT_EQ(TakeAll().at(0).item.at, clock_.Now() - 1h);
}

TEST_F(AgentTest, TheFirstRoundDoesNotWaitForeverForACollector) {
  StreamOptions options;
  options.clock_offset = 1h;  // of the last run
  stream_ = std::make_unique<Stream>(options, *spool_, collector_, clock_, rng_, nullptr);
  collector_.unreachable = true;
  Start();
  for (int i = 0; i < 49; ++i) {
    stream_->Step(0ms);
    clock_.Advance(100ms);
  }
  EXPECT_FALSE(agent_->Ready());
  clock_.Advance(100ms);
  ASSERT_TRUE(agent_->Ready());
  agent_->Round();
  EXPECT_EQ(TakeAll().at(0).item.at, clock_.Now() - 1h) << "as measured before";
}

TEST_F(AgentTest, ARoundAfterAJumpOfTheClockWaitsForItsMeasurement) {
  Start();
  stream_->Step(0ms);
  agent_->Round();
  collector_.silent = true;
  clock_.Jump(24h);
  stream_->Step(0ms);
  EXPECT_FALSE(agent_->Ready());
  clock_.Advance(5s);
  EXPECT_TRUE(agent_->Ready()) << "not for ever";
  collector_.silent = false;
  collector_.welcome.set_clock_offset_ms((24h) / 1ms);
  stream_->Reconnect(collector_);
  stream_->Step(0ms);
  ASSERT_TRUE(agent_->Ready());
  agent_->Round();
  EXPECT_EQ(agent_->stats().last_round, clock_.Now() - 24h);
}

TEST_F(AgentTest, AClockThatIsAWeekFastExpiresNothing) {
  Start();
  collector_.welcome.set_clock_offset_ms((8 * 24h) / 1ms);
  stream_->Step(0ms);
  collector_.hold_acks = true;
  stream_->Step(0ms);
  agent_->Round();
  clock_.Advance(15s);
  agent_->Round();
  EXPECT_EQ(spool_->stats().gap_total, 0u);
}

}  // namespace
}  // namespace forewarn
