-- What names the log: KEYS[1] a hash with identity, key, shards and for each shard the history of its server; :runs, :past.
return { redis.call('HGETALL', T), redis.call('LRANGE', T .. ':runs', 0, -1), redis.call('SMEMBERS', T .. ':past') }
