using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Sensorium.Tensors;

namespace Sensorium.Weights;

/// <summary>
/// What a packed copy is of: a hash over the files (sizes, times, headers, a sample of every tensor), over how each weight is
/// made of them, and over the builds of what makes and packs them.
/// </summary>
static class PackedKey
{
    /// <summary>Bytes of a tensor's sample, in <see cref="Pieces"/> pieces from its first byte to its last.</summary>
    const int SampleBytes = 64 << 10;

    const int Pieces = 4;

    /// <summary>The key of what a device makes of checkpoints, 64 hexadecimal digits.</summary>
    public static string Of(IEnumerable<CheckpointClaims> parts, Device device)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, device.PackedForm!, $"{typeof(PackedKey).Module.ModuleVersionId}");
        foreach (CheckpointClaims part in parts)
        {
            Add(hash, "part");
            foreach (string file in part.Source!.Files)
            {
                // By a handle, which is the file's; a path may be of a link to it, as in the hub's cache.
                using SafeFileHandle handle = File.OpenHandle(file, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
                Add(hash, $"{RandomAccess.GetLength(handle)}", $"{File.GetLastWriteTimeUtc(handle).Ticks}");
            }

            foreach (RawTensor header in part.Source.Headers)
                AddBytes(hash, header, 0, header.ByteLength);
            foreach (RawTensor tensor in part.Source.Tensors)
                AddSample(hash, tensor);
            foreach ((Weight weight, CheckpointClaims.Found? found) in part.Claims)
            {
                Add(hash, weight.Name, $"{weight.Role}", string.Join(',', weight.Shape), string.Join(',', found!.Shape), $"{found.HubType}");
                Add(hash, found.Place.Name, $"{found.Place.Slice}", found.Place.Transform?.Key ?? "");
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>A hash over the names, the sizes and a sample of packed tensors.</summary>
    public static string Samples(IEnumerable<(string Name, RawTensor Packed)> tensors)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((string name, RawTensor packed) in tensors)
        {
            Add(hash, name);
            AddSample(hash, packed);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    static void AddSample(IncrementalHash hash, RawTensor tensor)
    {
        Add(hash, $"{tensor.ByteLength}");
        if (tensor.ByteLength <= SampleBytes)
        {
            AddBytes(hash, tensor, 0, tensor.ByteLength);
            return;
        }

        const int piece = SampleBytes / Pieces;
        for (int i = 0; i < Pieces; i++)
            AddBytes(hash, tensor, (tensor.ByteLength - piece) / (Pieces - 1) * i, piece);
    }

    static void AddBytes(IncrementalHash hash, RawTensor tensor, long first, long count)
    {
        const int most = 1 << 20;
        for (long at = first; at < first + count; at += most)
            hash.AppendData(tensor.Span(at, (int)Math.Min(most, first + count - at)));
        GC.KeepAlive(tensor);
    }

    static void Add(IncrementalHash hash, params ReadOnlySpan<string> texts)
    {
        foreach (string text in texts)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            hash.AppendData(BitConverter.GetBytes(bytes.Length));
            hash.AppendData(bytes);
        }
    }
}
