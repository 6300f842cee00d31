namespace ModularChat.Identity.Storage;

/// <summary>
/// Who has changed something through this node, and up to which position of the database's log a replica has to be for them to see
/// it. The position is asked for only when it is needed; any position after the change will do. Bounded: what is thrown out holds for everybody from then on.
/// </summary>
internal sealed class OwnWrites(Databases databases, int bound)
{
    private readonly Dictionary<(Guid UserId, int Index), Mark> _marks = [];
    private readonly Mark[] _everybody = [.. databases.All.Select(_ => new Mark { Position = 0 })];
    private readonly Lock _turn = new();

    public int Count => _marks.Count;

    public void Wrote(Scope scope)
    {
        var touched = scope.Users.Select(databases.IndexOf).Concat(scope.WithDirectory ? [0] : []).Distinct().ToArray();
        lock (_turn)
        {
            if (_marks.Count >= bound)
            {
                _marks.Clear();
                for (var index = 0; index < _everybody.Length; index++)
                {
                    _everybody[index] = new Mark();
                }
            }
            foreach (var userId in scope.Users)
            {
                foreach (var index in touched)
                {
                    _marks[(userId, index)] = new Mark();
                }
            }
        }
    }

    /// <summary>Where a replica of this database has to be at least, for this reader.</summary>
    public async Task<long> RequiredAsync(Guid readerId, int index, Func<Task<long>> askPrimary)
    {
        Mark everybody;
        Mark? own;
        lock (_turn)
        {
            everybody = _everybody[index];
            own = _marks.GetValueOrDefault((readerId, index));
        }
        return Math.Max(await PositionAsync(everybody), own is null ? 0 : await PositionAsync(own));

        // Of two who ask at once either answer is right: both were given after the change.
        async Task<long> PositionAsync(Mark mark) => mark.Position ??= await askPrimary();
    }

    private sealed class Mark
    {
        public long? Position { get; set; }
    }
}
