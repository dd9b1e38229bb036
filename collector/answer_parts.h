#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <utility>

#include "base/clock.h"
#include "base/status.h"
#include "base/time.h"
#include "collector/calls.h"
#include "collector/rpc.h"

namespace forewarn {

// A call that is answered in parts from a pool's thread, which waits until each is on its way: so no
// more than one is held, however slowly the caller reads. A caller who takes nothing for kPatience is
// given up, and so is one who is not done after kPatienceForAll. Owns itself until gRPC is done with it.
template <typename Response>
class AnswerParts final : public grpc::ServerWriteReactor<Response> {
 public:
  static constexpr std::chrono::seconds kPatience{30};
  // For the whole answer: what it reads from is held until then.
  static constexpr Duration kPatienceForAll = 10min;

  // False when nobody takes parts any more.
  using Send = std::function<bool(const Response& part)>;
  using Handle = std::function<Status(const Stop& stop, const Send& send)>;

  // Runs `handle` on the pool. kResourceExhausted when it is busy. `context` is gRPC's.
  static grpc::ServerWriteReactor<Response>* Start(CallPool& calls, const Clock& clock,
                                                   grpc::CallbackServerContext* context,
                                                   Handle handle) {
    auto* answer = new AnswerParts(context);
    auto call = [answer, &clock, handle = std::move(handle)] {
      Stop stop = [answer, &clock, end = clock.Monotonic() + kPatienceForAll] {
        return answer->context_->IsCancelled() || clock.Monotonic() > end;
      };
      Status status =
          stop() ? Cancelled("the call was given up before its turn came")
                 : handle(stop, [answer](const Response& part) { return answer->Write(part); });
      answer->Finish(ToRpc(status));
    };
    if (!calls.Run(std::move(call))) {
      answer->Finish(ToRpc(ResourceExhausted("too many calls are waiting; try again in a moment")));
    }
    return answer;
  }

  void OnWriteDone(bool ok) override {
    std::lock_guard lock(mutex_);
    writing_ = false;
    good_ = ok;
    done_.notify_one();
  }
  void OnDone() override { delete this; }

 private:
  explicit AnswerParts(grpc::CallbackServerContext* context) : context_(context) {}

  bool Write(const Response& part) {
    std::unique_lock lock(mutex_);
    if (!good_) return false;
    writing_ = true;
    lock.unlock();
    this->StartWrite(&part);
    lock.lock();
    if (!done_.wait_for(lock, kPatience, [this] { return !writing_; })) {
      context_->TryCancel();
      done_.wait(lock, [this] { return !writing_; });
    }
    return good_;
  }

  grpc::CallbackServerContext* const context_;
  // gRPC's thread that has written meets the pool's that waits for it.
  std::mutex mutex_;
  std::condition_variable done_;
  bool writing_ = false;
  bool good_ = true;
};

}  // namespace forewarn
