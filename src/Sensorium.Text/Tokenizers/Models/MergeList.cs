using System.Text;

namespace Sensorium.Text.Tokenizers.Models;

/// <summary>Merges as files spell them, in UTF-8 and in the order of their ranks.</summary>
internal sealed class MergeList(int capacity)
{
    readonly List<(int Start, int Cut, int End)> places = new(capacity);
    byte[] pool = new byte[Math.Max(256, Math.Min(capacity, 1 << 20) * 10)];
    int used;

    public int Count => places.Count;

    /// <summary>Adds two tokens.</summary>
    public void Add(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        left.CopyTo(Room(left.Length + right.Length));
        right.CopyTo(pool.AsSpan(used + left.Length));
        Put(left.Length, right.Length);
    }

    /// <summary>Adds two tokens.</summary>
    public void Add(string left, string right) => Add(Encoding.UTF8.GetBytes(left), Encoding.UTF8.GetBytes(right));

    /// <summary>Room for two tokens that are written in place, end to end; then <see cref="Put"/> says how long they are.</summary>
    public Span<byte> Room(int bytes)
    {
        if (pool.Length - used < bytes) Array.Resize(ref pool, checked(Math.Max(pool.Length * 2, used + bytes)));
        return pool.AsSpan(used);
    }

    /// <summary>Keeps what was written to <see cref="Room"/>.</summary>
    public void Put(int left, int right)
    {
        places.Add((used, used + left, used + left + right));
        used += left + right;
    }

    public ReadOnlySpan<byte> Left(int rank) => pool.AsSpan(places[rank].Start, places[rank].Cut - places[rank].Start);

    public ReadOnlySpan<byte> Right(int rank) => pool.AsSpan(places[rank].Cut, places[rank].End - places[rank].Cut);
}
