using System.Numerics;
using System.Runtime.CompilerServices;

namespace Sensorium.Text.Tokenizers.Models;

/// <summary>A hash table from 64-bit keys to integers, open addressing; read-only once filled, so many threads may look up at once.</summary>
internal sealed class PairTable
{
    ulong[] keys;
    int[] values;
    int mask;

    public PairTable(int capacity)
    {
        int size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(capacity * 4L / 3, 16, 1 << 29));
        keys = new ulong[size];
        values = new int[size];
        mask = size - 1;
    }

    public int Count { get; private set; }

    // Another one in every process, so that no file can be made whose pairs all fall on one place.
    static readonly ulong Factor = (ulong)Random.Shared.NextInt64() << 1 | 0x8000000000000001UL;

    // Keys are stored plus one, so that zero means empty.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static int Hash(ulong key) => (int)(key * Factor >> 32);

    /// <summary>The value of a key; -1 when there is none.</summary>
    public int Get(ulong key)
    {
        key++;
        for (int i = Hash(key) & mask; ; i = i + 1 & mask)
        {
            ulong k = keys[i];
            if (k == key) return values[i];
            if (k == 0) return -1;
        }
    }

    /// <summary>Adds a key unless it is there; returns whether it was added.</summary>
    public bool TryAdd(ulong key, int value)
    {
        if ((Count + 1) * 4L > keys.Length * 3L) Grow();
        return Put(key + 1, value);
    }

    /// <summary>Gives a key that is there another value.</summary>
    public void Replace(ulong key, int value)
    {
        key++;
        int i = Hash(key) & mask;
        while (keys[i] != key) i = i + 1 & mask;
        values[i] = value;
    }

    bool Put(ulong stored, int value)
    {
        int i = Hash(stored) & mask;
        for (; keys[i] != 0; i = i + 1 & mask)
        {
            if (keys[i] == stored) return false;
        }
        keys[i] = stored;
        values[i] = value;
        Count++;
        return true;
    }

    void Grow()
    {
        var (oldKeys, oldValues) = (keys, values);
        keys = new ulong[oldKeys.Length * 2];
        values = new int[keys.Length];
        mask = keys.Length - 1;
        Count = 0;
        for (int i = 0; i < oldKeys.Length; i++)
        {
            if (oldKeys[i] != 0) Put(oldKeys[i], oldValues[i]);
        }
    }
}
