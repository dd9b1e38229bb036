#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/record.h"
#include "collector/operate_service.h"
#include "model/telemetry.h"
#include "tests/unit/collector/service_world.h"

namespace forewarn {
namespace {

using testing::HasSubstr;

class OperateQueryTest : public ServiceWorld {
 protected:
  // Events of acme, a second apart, the last one just now.
  void KeepEvents(int count) {
    Commit commit;
    commit.partition = PartitionOf("acme");
    commit.sequence = 1;
    Timestamp now = clock_.Now();
    for (int i = 0; i < count; ++i) {
      Event event;
      event.at = now - 1s * i;
      event.count = 2;
      event.severity = Severity::kError;
      event.source = i % 2 == 0 ? "log:a" : "log:b";
      event.template_text = "disk <*> failing";
      event.message = "disk 7 failing";
      commit.history.push_back({HistoryKind::kEvent, "acme", "p", event.at, EncodeRecord(event)});
    }
    ASSERT_TRUE(store_.Commit({&commit, 1}).ok());
  }
  void ServeQueries() {
    Recover();
    Serve(MakeQueryService({*desk_, calls_, *ca_, settings_}));
    stub_ = v1::QueryService::NewStub(ConnectOperator());
  }
  grpc::Status Count(const v1::CountEventsRequest& request) {
    grpc::ClientContext context;
    return stub_->CountEvents(&context, request, &counts_);
  }

  std::unique_ptr<v1::QueryService::Stub> stub_;
  v1::CountEventsResponse counts_;
};

// A disk so slow, and a history so long, that nobody sees their end.
class EndlessStore : public MemoryStore {
 public:
  Status VisitHistory(uint32_t, std::string_view, Timestamp, Timestamp,
                      const std::function<bool(const HistoryRow&)>& visit) const override {
    HistoryRow row{HistoryKind::kCheck, "acme", "p", kTimeZero, ""};
    begun_.set_value();
    while (visit(row)) {
    }
    ended_.set_value();
    return OkStatus();
  }

  mutable std::promise<void> begun_;
  mutable std::promise<void> ended_;
};

// Each look for chunks takes until the test ends it, or as long as a look takes.
class SlowStore : public MemoryStore {
 public:
  // Has begun with so many looks.
  explicit SlowStore(Duration look = 5ms, size_t looks = 1) : look_(look), looks_(looks) {}

  class View : public ChunkView {
   public:
    explicit View(const SlowStore& store) : store_(store) {}
    ~View() override {
      if (!store_.has_ended_.exchange(true)) store_.ended_.set_value();
    }
    StatusOr<std::vector<SealedChunk>> ReadChunks(SeriesId, Timestamp, Timestamp) const override {
      if (++store_.reads_ == store_.looks_) store_.begun_.set_value();
      store_.over_.wait_for(store_.look_);
      return std::vector<SealedChunk>();
    }

   private:
    const SlowStore& store_;
  };
  std::unique_ptr<const ChunkView> HoldChunks(uint32_t) const override {
    return std::make_unique<View>(*this);
  }

  const Duration look_;
  const size_t looks_;
  mutable std::atomic<size_t> reads_ = 0;
  mutable std::atomic<bool> has_ended_ = false;
  mutable std::promise<void> begun_;
  mutable std::promise<void> ended_;
  std::promise<void> end_;
  std::shared_future<void> over_ = end_.get_future().share();
};

TEST_F(OperateQueryTest, ACallerWhoGoesAwayEndsTheCountingOfEvents) {
  EndlessStore endless;
  Recover();
  Desk desk(*partitions_, endless, clock_);
  Serve(MakeQueryService({desk, calls_, *ca_, settings_}));
  stub_ = v1::QueryService::NewStub(ConnectOperator());
  v1::CountEventsRequest request;
  request.set_customer("acme");
  grpc::ClientContext context;
  auto gone = std::async(std::launch::async, [&] {
    endless.begun_.get_future().wait();
    context.TryCancel();
  });
  EXPECT_EQ(stub_->CountEvents(&context, request, &counts_).error_code(),
            grpc::StatusCode::CANCELLED);
  endless.ended_.get_future().wait();  // the ctest time-out is the bound
}

TEST_F(OperateQueryTest, ADeadlineEndsTheCountingOfEvents) {
  EndlessStore endless;
  Recover();
  Desk desk(*partitions_, endless, clock_);
  Serve(MakeQueryService({desk, calls_, *ca_, settings_}));
  auto channel = ConnectOperator();
  ASSERT_TRUE(
      channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::minutes(1)));
  stub_ = v1::QueryService::NewStub(channel);
  v1::CountEventsRequest request;
  request.set_customer("acme");
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(5));
  EXPECT_EQ(stub_->CountEvents(&context, request, &counts_).error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
  endless.begun_.get_future().wait();
  endless.ended_.get_future().wait();
}

// What is sealed of each of these series of acme is asked of the store.
void KeepSeries(Store& store, size_t count, Timestamp at) {
  Commit commit;
  commit.partition = PartitionOf("acme");
  commit.sequence = 1;
  for (SeriesId id = 1; id <= count; ++id) {
    commit.new_series.push_back({id, Labels({{"__name__", "load"},
                                             {"customer", "acme"},
                                             {"host", fmt::format("h{:05}", id)}})});
  }
  commit.chunks = {{1, at, at, 1, "", 0}};
  ASSERT_TRUE(store.Commit({&commit, 1}).ok());
}

// Telemetry through the fold: `hosts` series of `samples` each, a second apart.
class SelectTest : public ServiceWorld {
 protected:
  void ServeOver(Store& store) { ServeOver(store, clock_); }
  void ServeOver(Store& store, const Clock& clock) {
    partitions_ = std::make_unique<Partitions>(
        store, clock_, PartitionsOptions{},
        Committer::Hooks{[](const Commit&) {}, [](const Committer::Group&) {},
                         [](const Status& status) { FW_CHECK(status.ok()); }});
    ASSERT_TRUE(partitions_->Recover([](size_t, size_t) {}).ok());
    partitions_->Start();
    desk_ = std::make_unique<Desk>(*partitions_, store, clock);
    Serve(MakeQueryService({*desk_, calls_, *ca_, settings_}));
    stub_ = v1::QueryService::NewStub(ConnectOperator());
    request_.set_customer("acme");
    request_.add_matchers("__name__=\"load\"");
    request_.set_to_ms(ToMillis(clock_.Now() + 1h));
  }
  void Push(int hosts, int samples) {
    Batch batch;
    batch.source = {"acme", "main", "00000000-0000-4000-8000-000000000001"};
    auto table = std::make_shared<SeriesTable>();
    Timestamp first = clock_.Now() - 5h;
    for (int host = 0; host < hosts; ++host) {
      table->series.push_back(Labels(
          {{"__name__", "load"}, {"customer", "acme"}, {"host", fmt::format("h{:05}", host)}}));
      for (int i = 0; i < samples; ++i) {
        batch.samples.refs.push_back(static_cast<uint32_t>(host));
        batch.samples.times.push_back(first + 1s * i);
        batch.samples.values.push_back(i);
      }
    }
    batch.samples.table = table;
    ASSERT_TRUE(desk_->Submit(PartitionOf("acme"), "p", std::move(batch)).ok());
  }

  // Before the store goes.
  void Stop() {
    server_->Shutdown(Duration(0));
    server_.reset();
    partitions_.reset();
  }

  std::unique_ptr<v1::QueryService::Stub> stub_;
  v1::SelectRequest request_;
};

TEST_F(SelectTest, AnswersInPartsOfABoundedSize) {
  ServeOver(store_);
  Push(3, 10'000);
  grpc::ClientContext context;
  auto reader = stub_->Select(&context, request_);
  v1::SelectResponse part;
  std::map<std::string, std::vector<double>> values;
  int parts = 0;
  while (reader->Read(&part)) {
    ++parts;
    int points = 0;
    for (const v1::QuerySeries& series : part.series()) {
      points += series.values_size();
      auto text = [&](int i) { return part.label_strings(static_cast<int>(series.label_refs(i))); };
      EXPECT_EQ(text(4), "host");
      std::vector<double>& of = values[text(5)];
      of.insert(of.end(), series.values().begin(), series.values().end());
    }
    EXPECT_LE(points, 8192);
  }
  grpc::Status status = reader->Finish();
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(parts, 4);
  ASSERT_EQ(values.size(), 3u);
  for (const auto& [host, of] : values) {
    ASSERT_EQ(of.size(), 10'000u);
    EXPECT_EQ(of.front(), 0);
    EXPECT_EQ(of.back(), 9'999);
  }
}

TEST_F(SelectTest, ARequestThatCannotBeMeantIsRefused) {
  ServeOver(store_);
  auto refused = [&](const v1::SelectRequest& request) {
    grpc::ClientContext context;
    v1::SelectResponse part;
    auto reader = stub_->Select(&context, request);
    EXPECT_FALSE(reader->Read(&part));
    return reader->Finish().error_message();
  };
  v1::SelectRequest request = request_;
  request.clear_matchers();
  EXPECT_THAT(refused(request), HasSubstr("matchers: at least one"));
  request.add_matchers("nonsense");
  EXPECT_THAT(refused(request), HasSubstr("matchers: "));
  request.set_customer("");
  EXPECT_NE(refused(request), "");
}

TEST_F(SelectTest, ACallerWhoGoesAwayEndsTheReading) {
  constexpr int kHosts = 5000;
  SlowStore slow;
  KeepSeries(slow, kHosts, clock_.Now());
  ServeOver(slow);
  grpc::ClientContext context;
  auto reader = stub_->Select(&context, request_);
  slow.begun_.get_future().wait();
  context.TryCancel();
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
  slow.ended_.get_future().wait();
  EXPECT_LT(slow.reads_, kHosts) << "it was ended before it was done";
  slow.end_.set_value();
  Stop();
}

TEST_F(SelectTest, ACallerWhoIsNotDoneAfterTenMinutesIsGivenUp) {
  SlowStore slow;
  KeepSeries(slow, 5000, clock_.Now());
  ManualClock clock(clock_.Now());
  ServeOver(slow, clock);
  grpc::ClientContext context;
  auto reader = stub_->Select(&context, request_);
  slow.begun_.get_future().wait();
  clock.Advance(10min + 1ms);
  grpc::Status status = reader->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_THAT(status.error_message(), HasSubstr("not done after ten minutes"));
  slow.ended_.get_future().wait();
  EXPECT_LT(slow.reads_, 5000u);
  slow.end_.set_value();
  Stop();
}

TEST_F(SelectTest, TwoAreAnsweredAtATime) {
  SlowStore held_up(1h, 2);
  KeepSeries(held_up, 1, clock_.Now());
  ServeOver(held_up);
  auto select = [&](grpc::ClientContext& context) {
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(1));
    return stub_->Select(&context, request_);
  };
  grpc::ClientContext first, second, third, fourth;
  auto one = select(first);
  auto other = select(second);
  held_up.begun_.get_future().wait();
  grpc::Status refused = select(third)->Finish();
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(refused.error_message(), HasSubstr("2 selections are being answered"));
  held_up.end_.set_value();
  EXPECT_TRUE(one->Finish().ok());
  EXPECT_TRUE(other->Finish().ok());
  EXPECT_TRUE(select(fourth)->Finish().ok()) << "there is room again";
  Stop();
}

TEST_F(SelectTest, WhileAQueryReadsItsShardGoesOn) {
  SlowStore slow;
  KeepSeries(slow, 5000, clock_.Now());
  ServeOver(slow);
  v1::QueryRequest query;
  query.set_customer("acme");
  query.set_expression("load");
  grpc::ClientContext context;
  v1::QueryResponse response;
  auto asked = std::async(std::launch::async,
                          [&] { return stub_->Query(&context, query, &response).error_code(); });
  slow.begun_.get_future().wait();
  EXPECT_TRUE(desk_->Ask(PartitionOf("acme"), [](const Shard&) {}).ok());
  EXPECT_LT(slow.reads_, 5000u) << "the query is not done yet";
  context.TryCancel();
  EXPECT_EQ(asked.get(), grpc::StatusCode::CANCELLED);
  slow.ended_.get_future().wait();
  EXPECT_LT(slow.reads_, 5000u);
  slow.end_.set_value();
  Stop();
}

TEST_F(OperateQueryTest, CountsEventsByFingerprintAndByTemplate) {
  KeepEvents(5);
  ServeQueries();
  v1::CountEventsRequest request;
  request.set_customer("acme");
  ASSERT_TRUE(Count(request).ok());
  ASSERT_EQ(counts_.counts_size(), 2);
  EXPECT_EQ(counts_.counts(0).source(), "log:a");
  EXPECT_EQ(counts_.counts(0).count(), 6u);
  EXPECT_EQ(counts_.counts(0).fingerprint().size(), 16u);
  EXPECT_EQ(counts_.counts(1).count(), 4u);
  request.set_by("template");
  ASSERT_TRUE(Count(request).ok());
  ASSERT_EQ(counts_.counts_size(), 1);
  EXPECT_EQ(counts_.counts(0).count(), 10u);
  EXPECT_EQ(counts_.counts(0).source(), "");
  EXPECT_EQ(counts_.counts(0).severity(), "error");
  EXPECT_EQ(counts_.counts(0).probes(), 1u);
  request.set_by("source");
  EXPECT_THAT(Count(request).error_message(), HasSubstr("neither fingerprint nor template"));
  request.set_by("");
  request.set_limit(1);
  ASSERT_TRUE(Count(request).ok());
  EXPECT_EQ(counts_.counts_size(), 1);
  EXPECT_EQ(counts_.others(), 4u);
}

}  // namespace
}  // namespace forewarn
