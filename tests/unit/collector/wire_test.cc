#include "collector/wire.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "forewarn/v1/ingest.pb.h"

namespace forewarn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const ProbeIdentity kProbe = {"acme", "prod", "2f1f0a4e-8f53-4c87-9f0e-0d8f5b8e6a11"};
constexpr int64_t kStart = 1'780'000'000'000;

BatchReader MakeReader(const LimitSettings& limits = {}) {
  return BatchReader(kProbe, "web-1", limits);
}

v1::Batch Numbered(uint64_t sequence) {
  v1::Batch batch;
  batch.set_epoch(kStart);
  batch.set_sequence(sequence);
  return batch;
}

void Define(v1::Batch& batch, uint32_t ref, std::initializer_list<const char*> labels) {
  v1::SeriesDefinition* series = batch.add_series();
  series->set_ref(ref);
  for (const char* label : labels) series->add_labels(label);
}

v1::SampleColumns* Columns(v1::Batch& batch, std::initializer_list<int32_t> refs,
                           std::initializer_list<int64_t> times,
                           std::initializer_list<double> values) {
  v1::SampleColumns* columns = batch.add_samples();
  for (int32_t ref : refs) columns->add_refs(ref);
  for (int64_t time : times) columns->add_times_ms(time);
  for (double value : values) columns->add_values(value);
  return columns;
}

Status Outcome(const v1::Batch& batch, const LimitSettings& limits = {}) {
  return MakeReader(limits).Read(batch).status();
}

TEST(Wire, DifferencesAreSummedIntoSamples) {
  BatchReader reader = MakeReader();
  v1::Batch in = Numbered(1);
  Define(in, 0, {"__name__", "up"});
  Define(in, 1, {"__name__", "load1"});
  Columns(in, {0, 1, -1, 1}, {kStart, 0, 15'000, -5'000}, {1, 0.5, 2, 0.25});
  StatusOr<Batch> out = reader.Read(in);
  ASSERT_TRUE(out.ok()) << out.status().ToString();
  EXPECT_THAT(out->samples.refs, ElementsAre(0, 1, 0, 1));
  EXPECT_THAT(out->samples.times,
              ElementsAre(FromMillis(kStart), FromMillis(kStart), FromMillis(kStart + 15'000),
                          FromMillis(kStart + 10'000)));
  EXPECT_THAT(out->samples.values, ElementsAre(1, 0.5, 2, 0.25));
  EXPECT_EQ(out->source, kProbe);
}

TEST(Wire, PackedSamplesComeBeforeColumnsAndGoByTheStreamsLastValues) {
  BatchReader reader = MakeReader();
  StreamEncoder encoder;
  for (uint64_t sequence = 1; sequence <= 3; ++sequence) {
    v1::Batch in = Numbered(sequence);
    if (sequence == 1) {
      Define(in, 0, {"__name__", "up"});
      Define(in, 1, {"__name__", "load1"});
    }
    double value = 0.25 * static_cast<double>(sequence);
    Timestamp at = FromMillis(kStart + static_cast<int64_t>(sequence));
    encoder.Encode(std::vector<uint32_t>{0, 1}, std::vector<Timestamp>{at, at},
                   std::vector<double>{1, value}, *in.mutable_packed_samples());
    Columns(in, {1}, {kStart + 10}, {7});
    StatusOr<Batch> out = reader.Read(in);
    ASSERT_TRUE(out.ok()) << out.status().ToString();
    EXPECT_THAT(out->samples.refs, ElementsAre(0, 1, 1));
    EXPECT_THAT(out->samples.times, ElementsAre(at, at, FromMillis(kStart + 10)));
    EXPECT_THAT(out->samples.values, ElementsAre(1, value, 7));
    EXPECT_EQ(out->samples.table == nullptr, sequence > 1) << "named once";
  }
}

TEST(Wire, RefusesPackedSamplesThatBreakARuleByNameAndByte) {
  v1::Batch in = Numbered(4);
  Define(in, 0, {"__name__", "up"});
  in.set_packed_samples(std::string("\x01\x01\x02\x01", 4));
  EXPECT_THAT(Outcome(in).ToString(), HasSubstr("batch 4 of epoch"));
  EXPECT_THAT(Outcome(in).message(),
              HasSubstr("packed_samples: byte 2: references 1 to 1, but the stream has named 1"));
}

TEST(Wire, AttachesWhoSentItAndKeepsWhatThePayloadClaimed) {
  BatchReader reader = MakeReader();
  v1::Batch in = Numbered(1);
  Define(in, 0, {"__name__", "up", "job", "db", "customer", "other", "exported_job", "mine"});
  Columns(in, {0}, {kStart}, {1});
  StatusOr<Batch> out = reader.Read(in);
  ASSERT_TRUE(out.ok()) << out.status().ToString();
  const Labels& labels = out->samples.table->series[0];
  EXPECT_EQ(labels.Get("customer"), "acme");
  EXPECT_EQ(labels.Get("installation"), "prod");
  EXPECT_EQ(labels.Get("probe"), kProbe.probe);
  EXPECT_EQ(labels.Get("instance"), "web-1");
  EXPECT_EQ(labels.Get("job"), "node");
  EXPECT_EQ(labels.Get("exported_customer"), "other");
  EXPECT_EQ(labels.Get("exported_job"), "mine");
  EXPECT_EQ(labels.Get("exported_exported_job"), "db");
}

TEST(Wire, ABatchCarriesTheSeriesThatItIsTheFirstToName) {
  BatchReader reader = MakeReader();
  v1::Batch first = Numbered(1);
  Define(first, 0, {"__name__", "a"});
  Columns(first, {0}, {kStart}, {1});
  v1::Batch second = Numbered(2);
  Columns(second, {0}, {kStart + 1}, {1});
  v1::Batch third = Numbered(3);
  Define(third, 0, {"__name__", "a"});  // again, which is allowed
  Define(third, 1, {"__name__", "b"});
  Columns(third, {1}, {kStart + 2}, {1});

  StatusOr<Batch> a = reader.Read(first);
  StatusOr<Batch> b = reader.Read(second);
  StatusOr<Batch> c = reader.Read(third);
  ASSERT_TRUE(a.ok() && b.ok() && c.ok());
  EXPECT_NE(a->samples.stream, nullptr);
  EXPECT_EQ(a->samples.stream, c->samples.stream);
  EXPECT_NE(a->samples.stream, MakeReader().Read(first)->samples.stream);
  EXPECT_EQ(a->samples.table->series.size(), 1u);
  EXPECT_EQ(b->samples.table, nullptr);
  ASSERT_EQ(c->samples.table->series.size(), 1u);
  EXPECT_EQ(c->samples.table->series[0].name(), "b");
  EXPECT_EQ(c->samples.first_ref, 1u);
  EXPECT_THAT(c->samples.refs, ElementsAre(1));
}

TEST(Wire, ANumberMayBeBoundAgainOnlyToTheSameLabels) {
  BatchReader reader = MakeReader();
  v1::Batch in = Numbered(1);
  Define(in, 0, {"__name__", "a"});
  Define(in, 0, {"__name__", "a"});
  EXPECT_TRUE(reader.Read(in).ok());
  v1::Batch other = Numbered(2);
  Define(other, 0, {"__name__", "b"});
  EXPECT_THAT(reader.Read(other).status().message(),
              HasSubstr("series[0].ref: 0 is bound to other labels than b{"));
}

TEST(Wire, RefusesReferencesThatWereNeverDefined) {
  v1::Batch in = Numbered(1);
  Define(in, 0, {"__name__", "a"});
  Columns(in, {1}, {kStart}, {1});
  EXPECT_THAT(Outcome(in).message(), HasSubstr("samples[0].refs[0]: 1 was never defined"));
  v1::Batch negative = Numbered(1);
  Define(negative, 0, {"__name__", "a"});
  Columns(negative, {0, -1}, {kStart, 0}, {1, 1});
  EXPECT_EQ(Outcome(negative).code(), Code::kInvalidArgument);
  v1::Batch hole = Numbered(1);
  Define(hole, 1, {"__name__", "a"});
  EXPECT_THAT(Outcome(hole).message(), HasSubstr("the next is 0"));
}

TEST(Wire, RefusesTimesThatLeaveTheCalendar) {
  const std::initializer_list<int64_t> bad[] = {{-1},
                                                {std::numeric_limits<int64_t>::max()},
                                                {kStart, std::numeric_limits<int64_t>::max()},
                                                {kStart, std::numeric_limits<int64_t>::min()}};
  for (const auto& times : bad) {
    v1::Batch in = Numbered(1);
    Define(in, 0, {"__name__", "a"});
    v1::SampleColumns* columns = Columns(in, {}, times, {});
    for (size_t i = 0; i < times.size(); ++i) {
      columns->add_refs(0);
      columns->add_values(1);
    }
    EXPECT_THAT(Outcome(in).message(), HasSubstr("times_ms"));
  }
}

TEST(Wire, RefusesColumnsOfUnequalLength) {
  v1::Batch in = Numbered(1);
  Define(in, 0, {"__name__", "a"});
  Columns(in, {0}, {kStart}, {});
  EXPECT_THAT(Outcome(in).message(), HasSubstr("1 refs, 1 times and 0 values"));
}

TEST(Wire, RefusesLabelsThatBreakTheRules) {
  const std::initializer_list<const char*> bad[] = {
      {"__name__"},
      {"job", "no name"},
      {"__name__", "with-dash"},
      {"__name__", "a", "1st", "x"},
      {"__name__", "a", "x", ""},
      {"__name__", "a", "x", "1", "x", "2"},
  };
  for (const auto& labels : bad) {
    v1::Batch in = Numbered(1);
    Define(in, 0, labels);
    EXPECT_EQ(Outcome(in).code(), Code::kInvalidArgument) << in.ShortDebugString();
  }
}

TEST(Wire, ALimitIsNamedWithItsValueAndTheRemedy) {
  LimitSettings limits;
  limits.series_per_probe = 1;
  limits.event_size = 10;
  v1::Batch series = Numbered(7);
  Define(series, 0, {"__name__", "a"});
  Define(series, 1, {"__name__", "b"});
  Status outcome = Outcome(series, limits);
  EXPECT_EQ(outcome.code(), Code::kResourceExhausted);
  EXPECT_THAT(outcome.message(), HasSubstr("batch 7 of epoch"));
  EXPECT_THAT(outcome.message(), HasSubstr("more than 1 on one stream"));
  EXPECT_THAT(outcome.message(), HasSubstr("raise limits.series_per_probe"));

  v1::Batch text = Numbered(1);
  v1::Fact* fact = text.add_facts();
  fact->set_at_ms(kStart);
  fact->set_name("os");
  fact->set_value("a very long value");
  EXPECT_THAT(Outcome(text, limits).message(),
              HasSubstr("facts[0].value: 17 bytes, above the limit of 10"));

  v1::Batch event = Numbered(1);
  event.add_events()->set_source("log:app");
  event.mutable_events(0)->set_count(1);
  event.mutable_events(0)->set_message("short");
  v1::Attribute* attribute = event.mutable_events(0)->add_attributes();
  attribute->set_name("key");
  attribute->set_value("long");
  EXPECT_THAT(Outcome(event, limits).message(),
              HasSubstr("events[0]: message and attributes have 12 bytes"));
}

TEST(Wire, LongLabelsByTheThousandsAreRefusedBeforeTheyFillTheMemory) {
  LimitSettings limits;
  limits.series_per_probe = 20;  // and so 20 kB of labels
  BatchReader reader = MakeReader(limits);
  std::string value(2000, 'x');
  Status outcome;
  uint32_t taken = 0;
  while (outcome.ok()) {
    v1::Batch in = Numbered(taken + 1);
    Define(in, taken, {"__name__", "up", "bomb", value.c_str()});
    outcome = reader.Read(in).status();
    if (outcome.ok()) ++taken;
  }
  EXPECT_EQ(taken, 9u);
  EXPECT_EQ(outcome.code(), Code::kResourceExhausted);
  EXPECT_THAT(outcome.message(), HasSubstr("above the limit of 20480 (1024 for each of "
                                           "limits.series_per_probe = 20)"));
}

TEST(Wire, WhatIsNamedAgainCountsTowardsTheBoundOfLabels) {
  LimitSettings limits;
  limits.series_per_probe = 20;  // and so 20 kB of labels
  BatchReader reader = MakeReader(limits);
  v1::Batch in = Numbered(1);
  in.add_label_strings("__name__");
  in.add_label_strings("up");
  for (int i = 0; i < 1000; ++i) {
    v1::SeriesDefinition* series = in.add_series();
    series->set_ref(0);
    for (uint32_t ref : {0, 1}) series->add_label_refs(ref);
  }
  EXPECT_EQ(Outcome(in, limits).code(), Code::kResourceExhausted)
      << "few bytes, but a thousand times the labels of one series";
  in.mutable_series()->DeleteSubrange(100, 900);
  EXPECT_TRUE(reader.Read(in).ok());
}

TEST(Wire, ReadsEventsChecksChangesGapsAndRounds) {
  v1::Batch in = Numbered(3);
  v1::Event* event = in.add_events();
  event->set_at_ms(kStart);
  event->set_last_at_ms(kStart + 5);
  event->set_count(3);
  event->set_severity(v1::SEVERITY_ERROR);
  event->set_source("log:/var/log/app.log");
  event->set_message("disk full");
  v1::Attribute* attribute = event->add_attributes();
  attribute->set_name("unit");
  attribute->set_value("app");
  v1::Check* check = in.add_checks();
  check->set_at_ms(kStart);
  check->set_name("db");
  check->set_verdict(v1::VERDICT_FAILING);
  v1::Change* change = in.add_changes();
  change->set_at_ms(kStart);
  change->set_name("os.kernel");
  change->set_after("6.1");
  v1::Gap* gap = in.add_gaps();
  gap->set_kind("samples");
  gap->set_reason("spool_full");
  gap->set_count(12);
  v1::Round* round = in.add_rounds();
  round->set_end_ms(kStart);
  round->set_interval_ms(15'000);

  StatusOr<Batch> out = MakeReader().Read(in);
  ASSERT_TRUE(out.ok()) << out.status().ToString();
  EXPECT_EQ(out->events[0].severity, Severity::kError);
  EXPECT_EQ(out->events[0].attributes[0].second, "app");
  EXPECT_EQ(out->checks[0].verdict, Verdict::kFailing);
  EXPECT_EQ(out->changes[0].after, "6.1");
  EXPECT_EQ(out->gaps[0].count, 12u);
  EXPECT_EQ(out->rounds[0].interval, 15s);
  EXPECT_EQ(out->samples.table, nullptr);
}

TEST(Wire, RefusesItemsThatBreakTheRules) {
  v1::Batch severity = Numbered(1);
  v1::Event* event = severity.add_events();
  event->set_count(1);
  event->set_source("x");
  event->set_severity(static_cast<v1::Severity>(9));
  EXPECT_THAT(Outcome(severity).message(), HasSubstr("events[0].severity"));

  v1::Batch uncounted = Numbered(1);
  uncounted.add_events()->set_source("x");
  EXPECT_THAT(Outcome(uncounted).message(), HasSubstr("events[0].count"));

  v1::Batch rounds = Numbered(1);
  rounds.add_rounds()->set_end_ms(kStart);
  rounds.add_rounds()->set_end_ms(kStart - 1);
  EXPECT_THAT(Outcome(rounds).message(), HasSubstr("rounds[1].end_ms"));

  EXPECT_THAT(Outcome(v1::Batch()).message(), HasSubstr("epoch"));
  v1::Batch first;
  first.set_epoch(1);
  EXPECT_THAT(Outcome(first).message(), HasSubstr("sequence"));
}

TEST(Wire, RoundsBeyondTheAcceptedFutureAreLeftOutAndCounted) {
  LimitSettings limits;
  limits.accepted_future = 5min;
  const Timestamp arrival = FromMillis(kStart);
  v1::Batch in = Numbered(1);
  in.add_rounds()->set_end_ms(kStart);
  in.add_rounds()->set_end_ms(kStart + 300'000);
  in.add_rounds()->set_end_ms(kStart + 300'001);
  in.add_rounds()->set_end_ms(253'402'300'799'999);
  StatusOr<Batch> out = MakeReader(limits).Read(in);
  ASSERT_TRUE(out.ok()) << out.status().ToString();
  EXPECT_EQ(LeaveOutRoundsAhead(*out, arrival, limits), 2u);
  ASSERT_EQ(out->rounds.size(), 2u);
  EXPECT_EQ(out->rounds[1].end, arrival + 5min);
  EXPECT_EQ(LeaveOutRoundsAhead(*out, arrival, limits), 0u);
}

TEST(Wire, ABatchHasAtMostAThousandRounds) {
  v1::Batch in = Numbered(1);
  for (int i = 0; i < 1000; ++i) in.add_rounds()->set_end_ms(kStart + i);
  EXPECT_TRUE(Outcome(in).ok());
  in.add_rounds()->set_end_ms(kStart + 1000);
  Status outcome = Outcome(in);
  EXPECT_EQ(outcome.code(), Code::kInvalidArgument);
  EXPECT_THAT(outcome.message(), HasSubstr("rounds: 1001, above the limit of 1000"));
}

TEST(Wire, AFixedLimitDoesNotSendPeopleToASetting) {
  v1::Batch in = Numbered(1);
  v1::Event* event = in.add_events();
  event->set_count(1);
  event->set_source("log:a");
  event->set_code(std::string(257, 'x'));
  EXPECT_THAT(Outcome(in).message(),
              HasSubstr("events[0].code: 257 bytes, above the limit of 256"));
  EXPECT_THAT(Outcome(in).message(), testing::Not(HasSubstr("raise")));
  v1::Hello hello;
  hello.set_clock_ms(kStart);
  hello.set_host("web-1");
  hello.set_version(std::string(257, 'x'));
  Status outcome = ReadHello(hello, kProbe, FromMillis(kStart)).status();
  EXPECT_THAT(outcome.message(), HasSubstr("hello.version: 257 bytes"));
  EXPECT_THAT(outcome.message(), testing::Not(HasSubstr("raise")));
}

TEST(Wire, AHelloCarriesTheDistanceOfTheClocks) {
  v1::Hello hello;
  hello.set_clock_ms(kStart + 3000);
  hello.set_host("web-1");
  hello.set_version("0.1.0");
  StatusOr<HelloCommand> command = ReadHello(hello, kProbe, FromMillis(kStart));
  ASSERT_TRUE(command.ok());
  EXPECT_EQ(command->clock_offset, 3s);
  EXPECT_EQ(command->host, "web-1");
  hello.clear_host();
  EXPECT_THAT(ReadHello(hello, kProbe, FromMillis(kStart)).status().message(),
              HasSubstr("hello.host"));
}

}  // namespace
}  // namespace forewarn
