#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "forewarn/v1/ingest.pb.h"
#include "model/stream_codec.h"
#include "probe/transport.h"

namespace forewarn {

// A small honest collector: applies each (epoch, sequence) once, refuses holes and bad references,
// and acknowledges. Its faults are switched on by the test.
class FakeCollector : public Transport {
 public:
  explicit FakeCollector(ManualClock& clock) : clock_(clock) {}

  // Faults.
  bool unreachable = false;
  bool silent = false;       // takes everything, answers nothing
  bool hold_acks = false;    // acks come when it is false again
  int drop_call_after = -1;  // so many batches are taken, then the call ends with UNAVAILABLE
  bool lose_ack_of_last =
      false;  // with drop_call_after: the last batch is applied, its ack is lost
  std::function<bool(const v1::Batch&)> refuses;
  bool names_the_refused = true;
  Status hello_error;

  // What it says.
  v1::Welcome welcome;
  v1::Ack ack_template;

  // What it has.
  v1::Hello hello;  // the newest
  std::map<std::pair<uint64_t, uint64_t>, v1::Batch> applied;
  std::vector<std::pair<uint64_t, uint64_t>> received;  // in order, also again
  uint64_t epoch = 0;
  uint64_t sequence = 0;
  int calls = 0;
  size_t most_in_flight = 0;
  std::string mistake;  // a rule of the protocol that the probe broke
  std::vector<std::pair<std::string, double>>
      samples;  // series text and value, in order of arrival

  std::unique_ptr<PushCall> Open() override {
    ++calls;
    return std::make_unique<Call>(*this);
  }

 private:
  class Call : public PushCall {
   public:
    explicit Call(FakeCollector& collector) : collector_(collector) {
      if (collector_.unreachable) End(Unavailable("connection refused"));
    }

    bool Send(const v1::PushRequest& request) override {
      if (over_) return false;
      if (collector_.silent) return true;
      if (request.has_hello()) {
        collector_.hello = request.hello();
        if (!collector_.hello_error.ok()) {
          End(collector_.hello_error);
          return true;
        }
        v1::PushResponse response;
        *response.mutable_welcome() = collector_.welcome;
        response.mutable_welcome()->set_epoch(collector_.epoch);
        response.mutable_welcome()->set_sequence(collector_.sequence);
        responses_.push_back(response);
        return true;
      }
      Take(request.batch());
      return true;
    }

    bool Receive(v1::PushResponse& response, Duration patience) override {
      Release();
      if (responses_.empty()) {
        collector_.clock_.Advance(patience);
        return false;
      }
      response = responses_.front();
      responses_.pop_front();
      return true;
    }
    bool ended() const override { return over_ && responses_.empty(); }
    Status status() const override { return status_; }
    std::optional<RefusedBatch> refused() const override { return refused_; }

   private:
    std::optional<RefusedBatch> refused_;

    void End(Status status) {
      over_ = true;
      status_ = std::move(status);
    }

    void Release() {
      if (collector_.hold_acks) return;
      while (!held_.empty()) {
        responses_.push_back(held_.front());
        held_.pop_front();
      }
    }

    void Take(const v1::Batch& batch) {
      collector_.received.emplace_back(batch.epoch(), batch.sequence());
      if (collector_.refuses && collector_.refuses(batch)) {
        held_.clear();
        if (collector_.names_the_refused) refused_ = {batch.epoch(), batch.sequence()};
        End(InvalidArgument("series[0].labels: a name is missing"));
        return;
      }
      for (const v1::SeriesDefinition& series : batch.series()) {
        if (series.ref() != names_.size()) collector_.mistake = "references are not 0, 1, 2, …";
        std::string name;
        for (uint32_t part : series.label_refs()) {
          if (static_cast<int>(part) >= batch.label_strings_size()) {
            collector_.mistake = "a label that is no string of the batch";
            continue;
          }
          name += batch.label_strings(static_cast<int>(part)) + ",";
        }
        names_.push_back(name);
      }
      bool known = collector_.applied.contains({batch.epoch(), batch.sequence()});
      bool next = batch.epoch() > collector_.epoch ? batch.sequence() == 1
                                                   : batch.sequence() == collector_.sequence + 1;
      if (!known && !next) collector_.mistake = "a hole in the sequence";
      if (!batch.packed_samples().empty()) {
        SampleBlock block;
        if (!decoder_.Decode(batch.packed_samples(), names_.size(), block).ok()) {
          collector_.mistake = "a packed block that cannot be read";
        } else if (!known) {
          for (size_t i = 0; i < block.size(); ++i) {
            collector_.samples.emplace_back(names_[block.refs[i]], block.values[i]);
          }
        }
      }
      for (const v1::SampleColumns& columns : batch.samples()) {
        int64_t ref = 0;
        for (int i = 0; i < columns.refs_size(); ++i) {
          ref += columns.refs(i);
          if (ref < 0 || ref >= static_cast<int64_t>(names_.size())) {
            collector_.mistake = "a reference without a name";
            continue;
          }
          if (!known)
            collector_.samples.emplace_back(names_[static_cast<size_t>(ref)], columns.values(i));
        }
      }
      if (!known) {
        collector_.applied[{batch.epoch(), batch.sequence()}] = batch;
        collector_.epoch = batch.epoch();
        collector_.sequence = batch.sequence();
      }
      v1::PushResponse response;
      *response.mutable_ack() = collector_.ack_template;
      response.mutable_ack()->set_epoch(collector_.epoch);
      response.mutable_ack()->set_sequence(collector_.sequence);
      held_.push_back(response);
      collector_.most_in_flight = std::max(collector_.most_in_flight, held_.size());
      if (collector_.drop_call_after >= 0 && --collector_.drop_call_after < 0) {
        if (collector_.lose_ack_of_last) held_.pop_back();
        Release();
        End(Unavailable("the collector is stopping"));
      }
    }

    FakeCollector& collector_;
    std::vector<std::string> names_;
    StreamDecoder decoder_;
    std::deque<v1::PushResponse> responses_;
    std::deque<v1::PushResponse> held_;
    bool over_ = false;
    Status status_;
  };

  ManualClock& clock_;
};

}  // namespace forewarn
