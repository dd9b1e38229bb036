#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/http_server.h"

namespace forewarn {

// What all connections share; outlives them.
struct HttpShared {
  HttpOptions options;
  std::vector<HttpRoute> routes;
  // Runs `work`, for so many bytes that `who` has sent, on a thread that nobody waits for who only asks how we are. Those who
  // send take turns, so that nobody waits until all of somebody else's is done. False when there is no room for it.
  std::function<bool(const std::string& who, size_t bytes, std::function<void()> work)> run_later;
  std::atomic<int64_t> connections = 0;
  std::atomic<bool> stopping = false;

  // Requests whose answer has not left, and answers that are being given. The end waits for them on a
  // thread that is none of ours, so there is no queue that it could look at.
  std::mutex mutex;
  std::condition_variable all_answered;
  int64_t answering = 0;  // guarded by mutex
  int64_t leaving = 0;    // guarded by mutex; of those, answers that are on their way

  // False when nothing is begun any more.
  bool Begin() {
    std::lock_guard lock(mutex);
    if (stopping) return false;
    ++answering;
    return true;
  }
  // For who has begun already: the end waits for one more.
  void Stay() {
    std::lock_guard lock(mutex);
    ++answering;
  }
  void End() {
    std::lock_guard lock(mutex);
    --answering;
    all_answered.notify_all();
  }
  void Leaves() {
    std::lock_guard lock(mutex);
    ++leaving;
    all_answered.notify_all();
  }
  void Left() {
    std::lock_guard lock(mutex);
    --leaving;
    --answering;
    all_answered.notify_all();
  }
  // Begins nothing more and waits for what was begun; for a long answer to leave no longer than for a short one.
  void Stop() {
    std::unique_lock lock(mutex);
    stopping = true;
    all_answered.wait(lock, [&] { return answering == leaving; });
    all_answered.wait_for(lock, options.request_timeout, [&] { return answering == 0; });
  }

  // What one who is admitted has of the connections and of the room for bodies; by what it shows for its
  // authorization, since one may open many connections.
  struct Share {
    int64_t requests = 0;
    int64_t bytes = 0;
  };
  std::map<std::string, Share> shares;  // guarded by mutex; of those who have something
  Share all;                            // guarded by mutex
  int64_t answers = 0;  // guarded by mutex; bytes of long answers that have not left

  // Null when so many were admitted that there would be no place left for who only asks how we are, or
  // when this one has as many as are left for all others. Else what it has, until GiveBack().
  Share* Admit(const std::string& who) {
    std::lock_guard lock(mutex);
    int64_t places = std::max<int64_t>(1, options.max_connections * 3 / 4);
    auto found = shares.find(who);
    int64_t own = found == shares.end() ? 0 : found->second.requests;
    if (all.requests >= places || (own > 0 && own >= places - all.requests)) return nullptr;
    ++all.requests;
    Share& share = found == shares.end() ? shares[who] : found->second;
    ++share.requests;
    return &share;
  }
  // What one request has of the room.
  struct Room {
    int64_t bytes = 0;
    int64_t answer = 0;  // of these, what an answer that is to leave has beyond the body's
  };
  // Makes room for so many bytes of a body, or of an answer when the body is gone. False when all together are too much,
  // or when those of this one are more than is left for all others; one by itself may have all. And when answers would
  // have more than half: who reads them slowly must not keep out those who send.
  bool Take(Share& share, Room& room, int64_t bytes, bool is_answer) {
    std::lock_guard lock(mutex);
    const int64_t more = std::max<int64_t>(0, bytes - room.bytes);
    const int64_t answer = is_answer ? more : 0;
    if (answer > 0 && answers + answer > options.max_waiting_bytes / 2) return false;
    const int64_t left = options.max_waiting_bytes - all.bytes - more;
    const bool is_too_much = left < 0 || (share.requests > 1 && share.bytes + more > left);
    if (more > 0 && is_too_much) return false;
    all.bytes += more;
    share.bytes += more;
    room.bytes += more;
    answers += answer;
    room.answer += answer;
    return true;
  }
  // One request of it is over, and its room is free.
  void GiveBack(Share& share, const std::string& who, const Room& room) {
    std::lock_guard lock(mutex);
    answers -= room.answer;
    all.bytes -= room.bytes;
    share.bytes -= room.bytes;
    --all.requests;
    if (--share.requests == 0) shares.erase(who);
  }

  // Connections that have not shown yet that somebody wants something who may: oldest first, each with what
  // ends it. They give way when one more comes.
  std::map<uint64_t, std::function<void()>> idle;  // guarded by mutex
  uint64_t last_idle = 0;                          // guarded by mutex

  uint64_t BecameIdle(std::function<void()> end) {
    std::lock_guard lock(mutex);
    idle.emplace(++last_idle, std::move(end));
    return last_idle;
  }
  void BecameBusy(uint64_t number) {
    std::lock_guard lock(mutex);
    idle.erase(number);
  }
  // Ends the connection that has been idle for longest. False when none is.
  bool EndOneIdle() {
    std::function<void()> end;
    {
      std::lock_guard lock(mutex);
      if (idle.empty()) return false;
      end = std::move(idle.begin()->second);
      idle.erase(idle.begin());
    }
    end();
    return true;
  }
};

// Whether a route's path, in which `*` is any segment, is this one.
inline bool IsPathOf(std::string_view pattern, std::string_view path) {
  size_t star = pattern.find('*');
  if (star == std::string_view::npos) return path == pattern;
  std::string_view begin = pattern.substr(0, star), end = pattern.substr(star + 1);
  if (path.size() <= begin.size() + end.size()) return false;
  std::string_view any = path.substr(begin.size(), path.size() - begin.size() - end.size());
  return path.starts_with(begin) && path.ends_with(end) && any.find('/') == std::string_view::npos;
}

// The route, or the answer that there is none.
inline std::optional<HttpResponse> FindHttpRoute(const HttpShared& shared,
                                                 const HttpRequest& request,
                                                 const HttpRoute*& found) {
  std::string allowed;
  for (const HttpRoute& route : shared.routes) {
    if (!IsPathOf(route.path, request.path)) continue;
    found = &route;
    if (route.method == request.method) return std::nullopt;
    allowed += (allowed.empty() ? "" : ", ") + route.method;
  }
  if (!allowed.empty()) {
    return HttpResponse{405, fmt::format("{} answers {} only\n", request.path, allowed)};
  }
  std::string doors;
  for (const HttpRoute& route : shared.routes) {
    doors += (doors.empty() ? "" : ", ") + route.method + " " + route.path;
  }
  return HttpResponse{404, fmt::format("there is nothing at this path; there is {}\n", doors)};
}

}  // namespace forewarn
