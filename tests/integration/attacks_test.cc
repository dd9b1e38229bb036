// One customer's probe does its worst, against the real collector over TLS. Strategy: a probe of another customer
// pushes all the while. After each attack: the attacker was told the limit by name; a metric has counted it; the
// honest probe had every batch acknowledged, and every sample it had acknowledged is there; the collector's memory
// is below a bound that is written down with the attack.
//
// Small here, so that every build can afford it; ./dev soak attacks runs it with the numbers of an attack that means
// it (FOREWARN_ATTACKS=full). Each attack prints what it did, how long the honest probe waited at most, and the memory.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "forewarn/foreign/otlp_metrics_service.grpc.pb.h"
#include "tests/integration/attacks_fixture.h"

namespace forewarn {
namespace {

using testing::HasSubstr;

// Each stream names series that nobody has named before, one probe after the other.
TEST_F(AttacksTest, Cardinality) {
  double series_before = Metric("forewarn_storage_head_series");
  std::string detail;
  int named = 0;
  for (int number = 1; number <= 6; ++number) {
    ProbeClient probe = Attacker(number);
    uint64_t sequence = 0;
    // Two streams of a probe, since one alone may not name more than a probe may have.
    for (int64_t begun = 0; begun < 2 * SeriesPerProbe(); begun += SeriesPerProbe()) {
      Stream stream(probe);
      for (int64_t ref = 0; ref < SeriesPerProbe(); ref += 500) {
        BatchWriter batch(7, ++sequence);
        int64_t now = NowMs();
        for (int64_t i = ref; i < ref + 500; ++i) {
          batch.Series(static_cast<uint32_t>(i),
                       {"__name__", "request", "id", std::to_string(begun + i)});
          batch.Sample(static_cast<uint32_t>(i), now, 1);
          ++named;
        }
        v1::Ack ack;
        ASSERT_TRUE(stream.Push(batch.request, ack)) << stream.End().error_message();
        if (std::string said = Detail(ack, "series_limit"); !said.empty()) detail = said;
      }
      // And one more than a stream may name.
      BatchWriter batch(7, ++sequence);
      batch.Series(static_cast<uint32_t>(SeriesPerProbe()), {"__name__", "request", "id", "x"});
      v1::Ack ack;
      EXPECT_FALSE(stream.Push(batch.request, ack));
      grpc::Status status = stream.End();
      EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
      EXPECT_THAT(status.error_message(), HasSubstr("raise limits.series_per_probe"));
      --sequence;  // refused, and so not the next one's predecessor
    }
  }
  EXPECT_THAT(detail, HasSubstr(fmt::format("{} series of this probe, or {} of this customer",
                                            SeriesPerProbe(), SeriesPerCustomer())));
  EXPECT_THAT(detail, HasSubstr("limits.series_per_customer"));
  WaitFor([&] {
    return Metric("forewarn_storage_head_series") >=
           series_before + static_cast<double>(SeriesPerCustomer());
  });
  EXPECT_EQ(Metric("forewarn_storage_head_series") - series_before, SeriesPerCustomer());
  EXPECT_EQ(Query("evil", "count(request{id='7'})"), SeriesPerCustomer() / SeriesPerProbe())
      << "the first probes have all that they may";
  double left_out =
      Metric("forewarn_ingest_samples_total{protocol=\"forewarn\",result=\"series_limit\"}");
  EXPECT_EQ(left_out, named - SeriesPerCustomer());
  Conclude(fmt::format("{} series named, {} taken", named, SeriesPerCustomer()),
           full_ ? 500 * kMega : 200 * kMega);
}

TEST_F(AttacksTest, LabelBombs) {
  std::vector<std::string> many = {"__name__", "bomb"};
  for (int i = 0; i < 10'000; ++i) {
    many.push_back("l" + std::to_string(i));
    many.push_back("x");
  }
  struct Bomb {
    std::vector<std::string> labels;
    std::string says;
  };
  const std::vector<Bomb> bombs = {
      {many, "limits.labels_per_series"},
      {{"__name__", "bomb", std::string(1'000'000, 'n'), "x"}, "limits.label_name_size"},
      {{"__name__", "bomb", "v", std::string(3'000'000, 'v')}, "limits.label_value_size"},
      {{"__name__", "bomb", "v", std::string(5'000'000, 'v')}, "limits.max_batch_size"},
  };
  ProbeClient probe = Attacker();
  int thrown = 0;
  for (int i = 0; i < Many(20, 300); ++i) {
    for (const Bomb& bomb : bombs) {
      Stream stream(probe);
      v1::Ack ack;
      EXPECT_FALSE(stream.Push(BatchWriter(7, 1).Series(0, bomb.labels).request, ack));
      grpc::Status status = stream.End();
      ASSERT_TRUE(status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED ||
                  status.error_code() == grpc::StatusCode::INVALID_ARGUMENT)
          << status.error_code();
      ASSERT_THAT(status.error_message(), HasSubstr(bomb.says));
      ASSERT_LT(status.error_message().size(), 2000u) << "what is named is not repeated at length";
      ++thrown;
    }
  }
  EXPECT_EQ(Metric("forewarn_ingest_batches_total{result=\"refused\"}"), thrown);

  // Many series, each with as many labels of as many bytes as one may have.
  Stream stream(probe);
  std::vector<std::string> large = {"__name__", "bomb"};
  for (int i = 0; i < 20; ++i) {
    large.push_back("l" + std::to_string(i));
    large.push_back(std::string(2000, 'v'));
  }
  v1::Ack ack;
  uint64_t sequence = 0;
  bool taken = true;
  for (uint32_t ref = 0; taken && ref < SeriesPerProbe(); ref += 50) {
    BatchWriter batch(7, ++sequence);
    for (uint32_t i = ref; i < ref + 50; ++i) {
      large[3] = std::to_string(i) + std::string(1900, 'v');
      batch.Series(i, large).Sample(i, NowMs(), 1);
    }
    taken = stream.Push(batch.request, ack);
  }
  EXPECT_FALSE(taken);
  EXPECT_THAT(stream.End().error_message(), HasSubstr("shorten them at the source"));

  // The same by OpenTelemetry, with the same certificate.
  namespace otlp = opentelemetry::proto::collector::metrics::v1;
  otlp::ExportMetricsServiceRequest request;
  auto* metric = request.add_resource_metrics()->add_scope_metrics()->add_metrics();
  metric->set_name("bomb");
  auto* point = metric->mutable_gauge()->add_data_points();
  point->set_time_unix_nano(static_cast<uint64_t>(NowMs()) * uint64_t{1'000'000});
  point->set_as_double(1);
  for (int i = 0; i < 1000; ++i) {
    auto* attribute = point->add_attributes();
    attribute->set_key("l" + std::to_string(i));
    attribute->mutable_value()->set_string_value("x");
  }
  otlp::ExportMetricsServiceResponse response;
  grpc::ClientContext context;
  grpc::Status status =
      otlp::MetricsService::NewStub(probe.channel())->Export(&context, request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.partial_success().rejected_data_points(), 1);
  EXPECT_THAT(response.partial_success().error_message(), HasSubstr("labels_per_series"));
  EXPECT_EQ(Metric("forewarn_ingest_samples_total{protocol=\"otlp\",result=\"invalid\"}"), 1);
  Conclude(fmt::format("{} label bombs", thrown), 400 * kMega);
}

TEST_F(AttacksTest, AClockThatIsAYearOff) {
  constexpr int64_t kYear = int64_t{365} * 24 * 3600 * 1000;
  ProbeClient probe = Attacker();
  uint64_t sequence = 0;
  int64_t batches = Many(50, 5000);
  for (int64_t off : {kYear, -kYear}) {
    Stream stream(probe, NowMs() + off);
    EXPECT_NEAR(static_cast<double>(stream.welcome().clock_offset_ms()), static_cast<double>(off),
                60'000)
        << "it is told by how much";
    std::string reason = off > 0 ? "too_new" : "too_old";
    std::string detail;
    for (int64_t i = 0; i < batches; ++i) {
      int64_t at = NowMs() + off + i;
      BatchWriter batch(7, ++sequence);
      if (i == 0) batch.Series(0, {"__name__", "astray"});
      v1::Ack ack;
      ASSERT_TRUE(stream.Push(batch.Sample(0, at, 1).Round(at).request, ack))
          << stream.End().error_message();
      detail = Detail(ack, reason);
      ASSERT_NE(detail, "");
    }
    EXPECT_THAT(detail, HasSubstr(off > 0 ? "set the probe's clock" : "raise limits.accepted_age"));
    EXPECT_TRUE(stream.End().ok());
    EXPECT_EQ(
        Metric("forewarn_ingest_samples_total{protocol=\"forewarn\",result=\"" + reason + "\"}"),
        batches);
  }
  // Its clock is right again: so is everything.
  Stream stream(probe);
  int64_t now = NowMs();
  v1::Ack ack;
  ASSERT_TRUE(stream.Push(BatchWriter(7, ++sequence)
                              .Series(0, {"__name__", "astray"})
                              .Sample(0, now, 1)
                              .Round(now)
                              .request,
                          ack));
  EXPECT_EQ(ack.refusals_size(), 0);
  EXPECT_TRUE(stream.End().ok());
  EXPECT_EQ(Query("evil", "count_over_time(astray[2h])"), 1);
  Conclude(fmt::format("{} batches a year off", 2 * batches), 200 * kMega);
}

TEST_F(AttacksTest, AProbeThatResendsForEver) {
  ProbeClient probe = Attacker();
  Stream stream(probe);
  int64_t now = NowMs();
  auto fill = [&](BatchWriter batch) {
    for (uint32_t i = 0; i < 100; ++i) batch.Sample(i, now, 1);
    return batch.Round(now).request;
  };
  BatchWriter first(7, 1);
  for (uint32_t i = 0; i < 100; ++i) first.Series(i, {"__name__", "again", "i", std::to_string(i)});
  v1::PushRequest request = fill(first);
  v1::Ack ack;
  int times = Many(300, 20'000);
  for (int i = 0; i <= times; ++i) {
    ASSERT_TRUE(stream.Push(request, ack)) << stream.End().error_message();
    ASSERT_EQ(ack.sequence(), 1u);
  }
  EXPECT_EQ(Metric("forewarn_ingest_batches_total{result=\"duplicate\"}"), times);
  // The same samples under new numbers.
  for (int i = 0; i < times; ++i) {
    ASSERT_TRUE(stream.Push(fill(BatchWriter(7, static_cast<uint64_t>(i) + 2)), ack));
    ASSERT_THAT(Detail(ack, "duplicate"), HasSubstr("the first one wins"));
  }
  EXPECT_EQ(Metric("forewarn_ingest_samples_total{protocol=\"forewarn\",result=\"duplicate\"}"),
            200.0 * times);
  EXPECT_TRUE(stream.End().ok());
  EXPECT_EQ(Query("evil", "sum(count_over_time(again[2h]))"), 100);
  Conclude(fmt::format("{} batches sent again", 2 * times), 200 * kMega);
}

// Each from a probe of its own, over a connection of its own, since a probe has one stream; half of them say hello.
TEST_F(AttacksTest, IdleStreams) {
  int count = Many(60, 10'000);
  double before = Metric("forewarn_ingest_streams");
  struct Idle {
    std::unique_ptr<ProbeClient> probe;
    std::unique_ptr<grpc::ClientContext> context;
    std::unique_ptr<grpc::ClientReaderWriter<v1::PushRequest, v1::PushResponse>> stream;
  };
  std::vector<Idle> idle;
  v1::PushRequest hello;
  hello.mutable_hello()->set_clock_ms(NowMs());
  hello.mutable_hello()->set_host("web-1");
  hello.mutable_hello()->set_version("0.1.0");
  for (int i = 0; i < count; ++i) {
    Idle one;
    one.probe = std::make_unique<ProbeClient>(*authority_, grpc_, "evil", i);
    one.context = std::make_unique<grpc::ClientContext>();
    one.stream = one.probe->ingest().Push(one.context.get());
    v1::PushResponse response;
    if (i % 2 == 0) {
      ASSERT_TRUE(one.stream->Write(hello) && one.stream->Read(&response)) << i;
      ASSERT_TRUE(response.has_welcome());
    }
    idle.push_back(std::move(one));
  }
  WaitFor([&] { return Metric("forewarn_ingest_streams") >= before + count; });
  int64_t grown = Memory() - memory_before_;
  EXPECT_LT(grown, kMemoryFactor * (100 * kMega + count * int64_t{400} * 1024)) << "bytes";
  fmt::print("{} idle streams: {} KiB each\n", count, grown / count / 1024);
  for (Idle& one : idle) one.context->TryCancel();
  idle.clear();
  WaitFor([&] { return Metric("forewarn_ingest_streams") <= before; });
  Conclude(fmt::format("{} idle streams", count), 100 * kMega + count * int64_t{400} * 1024);
}

}  // namespace
}  // namespace forewarn
