-- Sends the requests of a file in turn. The file holds complete HTTP requests, separated by lines of %%.
local requests, turn = {}, 0

function init(args)
  local file = assert(io.open(args[1], "rb"))
  for one in (file:read("*a") .. "\n%%\n"):gmatch("(.-)\n%%%%\n") do
    requests[#requests + 1] = one
  end
  file:close()
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format("seen %d %d %d %d %d %d\n", summary.requests, summary.duration, errors.status, failed,
    latency:percentile(50), latency:percentile(99)))
end
