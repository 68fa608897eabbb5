using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Sensorium.Inference.Sampling;
using Sensorium.Models.Systems;
using Sensorium.Tensors;

namespace Sensorium.Inference;

/// <summary>A picture's place among a sequence's rows.</summary>
sealed class SoftSpan(int first, PromptSpan span)
{
    public int First => first;

    public int Length => span.Length;

    public int End => first + span.Length;

    public bool IsBidirectional => span.IsBidirectional;

    public Picture Picture => span.Picture!;

    /// <summary>[Length, hidden] once encoded.</summary>
    public float[]? Rows { get; set; }
}

/// <summary>One request on its way through the engine: its rows, its pages, its random state. For the engine loop alone.</summary>
sealed class Sequence
{
    readonly int[] ids;
    readonly ulong[] keys;

    public Sequence(GenerationRequest request, Generation generation, Sampler sampler, IReadOnlyList<int> endIds, int maxNewTokens)
    {
        Generation = generation;
        Sampler = sampler;
        EndIds = [.. endIds];
        MaxNewTokens = maxNewTokens;
        PromptLength = request.Prompt.Sum(s => s.Length);
        ids = new int[PromptLength + maxNewTokens];
        keys = new ulong[ids.Length];
        Fill(request.Prompt);
    }

    public Generation Generation { get; }

    public Sampler Sampler { get; }

    public int[] EndIds { get; }

    public int MaxNewTokens { get; }

    public int PromptLength { get; }

    public List<SoftSpan> Soft { get; } = [];

    public PageTable Pages { get; } = new();

    /// <summary>Rows known: prompt and answer.</summary>
    public int Length { get; private set; }

    /// <summary>Rows whose keys and values are kept.</summary>
    public int Computed => Pages.Length;

    public int NewTokens => Length - PromptLength;

    /// <summary>The one row that is missing is the newest.</summary>
    public bool IsDecoding => Computed == Length - 1 && Length > PromptLength;

    /// <summary>Pages that it may need in all.</summary>
    public int PagesNeeded => (ids.Length + KvPool.PageRows - 1) / KvPool.PageRows;

    /// <summary>Its first keys were computed once more, for a length at which all keys change.</summary>
    public bool IsRecomputed { get; set; }

    public int CachedPictures { get; set; }

    public int CachedTokens { get; set; }

    /// <summary>Token ids; -1 where a soft token stands.</summary>
    public ReadOnlySpan<int> Ids => ids.AsSpan(0, Length);

    /// <summary>What each row is, for the prefix cache.</summary>
    public ReadOnlySpan<ulong> Keys => keys.AsSpan(0, Length);

    public void Append(int id)
    {
        ids[Length] = id;
        keys[Length] = (uint)id;
        Length++;
    }

    /// <summary>
    /// The end of a chunk of the prompt that begins at the first row not computed and has about <paramref name="budget"/>
    /// rows: it never ends within a span whose rows see each other both ways.
    /// </summary>
    public int ChunkEnd(int budget)
    {
        int end = Math.Min(Length, Computed + budget);
        foreach (SoftSpan span in Soft)
        {
            if (span.IsBidirectional && span.First < end && end < span.End)
            {
                end = span.First > Computed ? span.First : span.End;
            }
        }

        return end;
    }

    /// <summary>The most rows that may be reused: all but the last, and no part of a span whose rows see each other both ways.</summary>
    public int ReuseLimit(int most)
    {
        // The keys of a longer sequence are others from its first token on.
        int limit = PromptLength > most ? 0 : PromptLength - 1;
        foreach (SoftSpan span in Soft)
        {
            if (span.IsBidirectional && span.First < limit && limit < span.End)
            {
                limit = span.First;
            }
        }

        return limit;
    }

    /// <summary>The most rows that others may reuse, where keys that were computed for at most so many tokens are alike.</summary>
    public int KeptLimit(int most) => PromptLength > most || IsRecomputed ? 0 : most;

    /// <summary>Whether keys were kept for a shorter sequence than it is now, on the other side of a length at which all keys change.</summary>
    public bool Outgrows(int length) => Length > length && PromptLength <= length && !IsRecomputed;

    void Fill(IReadOnlyList<PromptSpan> prompt)
    {
        foreach (PromptSpan span in prompt)
        {
            if (span.Picture is { } picture)
            {
                Soft.Add(new SoftSpan(Length, span));
                byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(picture.Key));
                ulong key = BinaryPrimitives.ReadUInt64LittleEndian(hash) | 1UL << 63;
                for (int i = 0; i < span.Length; i++)
                {
                    ids[Length] = -1;
                    keys[Length++] = key ^ (ulong)i;
                }

                continue;
            }

            foreach (int id in span.Ids)
            {
                Append(id);
            }
        }
    }
}
