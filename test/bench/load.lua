-- Rotates through the bodies of a file, one a line, or sends the same GET again and again; says its figures as JSON.
local bodies = os.getenv('BENCH_BODIES')
local headers = { ['content-type'] = 'application/json' }
for name, value in string.gmatch(os.getenv('BENCH_HEADERS') or '', '([^:\n]+): ([^\n]+)') do headers[name] = value end
wrk.headers = headers

local requests, at = {}, 0

function init()
  if not bodies then return end
  for body in io.lines(bodies) do requests[#requests + 1] = wrk.format('POST', nil, nil, body) end
  math.randomseed(os.time())
  at = math.random(#requests)
end

if bodies then
  function request()
    at = at % #requests + 1
    return requests[at]
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format('\n{"requests":%d,"durationUs":%d,"errors":%d,"p50Us":%d,"p99Us":%d}\n',
    summary.requests, summary.duration,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
