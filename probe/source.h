#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "probe/name_filter.h"
#include "probe/reading.h"

namespace forewarn {

// A Source reads one kind of thing on this host, once a round. Names, labels and units are
// node_exporter's where it has them, so that published rules apply.
//
// Owned by the agent and used by its thread alone; may keep state between rounds (a position in a
// log).
class Source {
 public:
  virtual ~Source() = default;

  // Constant, lower case: the label `collector` of node_scrape_collector_success.
  virtual std::string_view name() const = 0;

  // Waits until all that is looked at in the background has been seen once, so that the first Read()
  // lacks nothing; no longer than the timeouts of what is looked at. A round never waits.
  virtual void Settle() {}

  // Appends what there is to see. On an error the samples appended so far count, and series that
  // are missing are not taken to have ended: what could not be looked at has not vanished. Returns
  // within a few seconds whatever the host does.
  virtual Status Read(Readings& out) = 0;

  // Everything read so far is safe in the spool: a position in a file may be kept now. Called after
  // the round was spooled, so that a crash in between reads again rather than loses.
  virtual Status Commit() { return OkStatus(); }

  // Whether reports that the spool could not keep can be read once more. Constant.
  virtual bool repeats() const { return false; }
  // The spool could not keep what was read since the last Commit(): the next Read() brings it again,
  // together with what is new. Only called when repeats(). What is gone by then (a log that was
  // truncated) is gone.
  virtual void Rollback() {}
};

// `root` stands before every absolute path that a source opens: empty on a host, a folder of
// fixtures in a test, /host in a container.
std::unique_ptr<Source> MakeCpuSource(std::string root);   // /proc/stat: node_cpu_*
std::unique_ptr<Source> MakeStatSource(std::string root);  // /proc/stat: boot time, forks, switches
std::unique_ptr<Source> MakeMemorySource(std::string root);    // /proc/meminfo: node_memory_*
std::unique_ptr<Source> MakePressureSource(std::string root);  // /proc/pressure: node_pressure_*
std::unique_ptr<Source> MakeLoadSource(std::string root);      // /proc/loadavg: node_load1, 5, 15
std::unique_ptr<Source> MakeFilefdSource(std::string root);  // /proc/sys/fs/file-nr: node_filefd_*
std::unique_ptr<Source> MakeVmstatSource(std::string root);  // /proc/vmstat: node_vmstat_*
std::unique_ptr<Source> MakeUnameSource();                   // node_uname_info
std::unique_ptr<Source> MakeTimeSource();                    // node_time_seconds

// /proc/diskstats: node_disk_*, of the devices wanted.
std::unique_ptr<Source> MakeDiskstatsSource(std::string root, NameFilter devices = {});
// /proc/net/dev and /sys/class/net: node_network_*, of the devices wanted.
std::unique_ptr<Source> MakeNetdevSource(std::string root, NameFilter devices = {});

struct FilesystemOptions {
  NameFilter mount_points;
  NameFilter types;
  Duration patience{2000};  // for one mount's answer; beyond it the mount counts as hanging
};
// Mounted filesystems: node_filesystem_*. A mount that does not answer gets device_error 1 and is
// left alone until the call that hangs in it has returned; the others are read as always.
std::unique_ptr<Source> MakeFilesystemSource(std::string root, FilesystemOptions options = {});

struct Quota {
  std::string path;
  int64_t capacity = 0;  // bytes
};
// Folders with a stated capacity, as filesystems with fstype="quota" and device = mountpoint = the
// path. Counts what is allocated below, staying on one filesystem and counting hard links once.
std::unique_ptr<Source> MakeQuotaSource(std::vector<Quota> quotas);

}  // namespace forewarn
