using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Sensorium.Models.Systems;

namespace Sensorium.Inference;

/// <summary>Rows as a request has them, of a sequence or of a source: token ids, pictures' soft tokens among them, and room for more ids.</summary>
sealed class RequestRows
{
    readonly int[] ids;
    readonly ulong[] keys;

    public RequestRows(IReadOnlyList<PromptSpan> spans, int room)
    {
        ids = new int[spans.Sum(s => s.Length) + room];
        keys = new ulong[ids.Length];
        Fill(spans);
    }

    /// <summary>Rows known.</summary>
    public int Length { get; private set; }

    /// <summary>Rows that there can be.</summary>
    public int Capacity => ids.Length;

    public List<SoftSpan> Soft { get; } = [];

    /// <summary>Token ids; -1 where a soft token stands.</summary>
    public ReadOnlySpan<int> Ids => ids.AsSpan(0, Length);

    /// <summary>What each row is, for what is kept of it.</summary>
    public ReadOnlySpan<ulong> Keys => keys.AsSpan(0, Length);

    public void Append(int id)
    {
        ids[Length] = id;
        keys[Length] = (uint)id;
        Length++;
    }

    /// <summary>What all rows are together: SHA-256 of the ids and of the pictures' content.</summary>
    public string Identity()
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(Keys));
        foreach (SoftSpan span in Soft)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(span.Picture.Key));
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }

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
