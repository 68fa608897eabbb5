using Sensorium.Tensors;

namespace Sensorium.Weights;

/// <summary>
/// The packed copy of one checkpoint's weights for one kind of device: a safetensors file of bytes, a tensor a weight in the
/// order of declaration, which begin at multiples of 64. Its notes hold the key and a hash over a sample of every tensor, so
/// that a file that is cut short, mixed up or of something else is not taken for it.
/// </summary>
sealed class PackedCopy
{
    const string KeyNote = "packed";
    const string SampleNote = "samples";
    const int DataAlignment = 4096;
    const int Chunk = 1 << 20;

    readonly PackedCopies place;
    readonly Device device;
    readonly string key;
    readonly (string Name, CheckpointClaims.ClaimedWeight Claim)[] weights;

    PackedCopy(PackedCopies place, Device device, CheckpointClaims[] parts)
    {
        this.place = place;
        this.device = device;
        key = PackedKey.Of(parts, device);
        // Parts may have weights of the same name.
        weights = [.. parts.SelectMany((part, i) => part.Claims.Select(claim => ($"{i}/{claim.Weight.Name}", claim)))];
    }

    /// <summary>The copy of a checkpoint's parts, there or not; null where none is kept: of small checkpoints, without files, for devices that keep none.</summary>
    public static PackedCopy? Of(PackedCopies place, CheckpointClaims[] parts, Device device)
    {
        if (device.PackedForm is null
            || !Array.TrueForAll(parts, part => part.Source is not null && part.Claims.All(claim => claim.Found is not null))
            || !place.Wants(parts.Sum(part => part.Weights.Sum(SyntheticWeights.Bytes))))
            return null;
        try
        {
            return new PackedCopy(place, device, parts);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A file that is mapped and was removed since still loads.
            return null;
        }
    }

    /// <summary>Fills the weights with the copy, where it is there and as it should be; its bytes are mapped, not read.</summary>
    public bool TryAdopt()
    {
        string path = place.PathOf(key);
        if (!File.Exists(path))
            return false;
        try
        {
            SafetensorsFile file = SafetensorsFile.Open(path);
            if (TensorsOf(file) is not { } tensors)
            {
                // Windows removes no file that is mapped.
                file.Dispose();
            }
            else if (Adopt(tensors))
            {
                PackedCopies.Touch(path);
                _ = Task.Run(file.Populate);
                return true;
            }
        }
        catch (CheckpointException)
        {
            // Packing anew serves as well as any message.
        }

        place.Remove(key);
        return false;
    }

    /// <summary>Writes the filled weights in the background.</summary>
    public void Keep()
    {
        // A model that is let go meanwhile is not held for this.
        var packed = new (string Name, long Bytes, WeakReference<PreparedWeight> Weight)[weights.Length];
        for (int i = 0; i < packed.Length; i++)
        {
            PreparedWeight prepared = weights[i].Claim.Weight.Prepared!;
            if (prepared.PackedBytes is not { } bytes)
                return;
            packed[i] = (weights[i].Name, bytes.ByteLength, new WeakReference<PreparedWeight>(prepared));
        }

        (PackedCopies place, string key) = (this.place, this.key);
        PackedWriting.Start(writing => Write(place, key, packed, writing));
    }

    /// <summary>The weights' tensors in a file; null where it is not this copy, or not as it was written.</summary>
    RawTensor[]? TensorsOf(SafetensorsFile file)
    {
        var tensors = new RawTensor[weights.Length];
        if (!file.Notes.TryGetValue(KeyNote, out string? written) || written != key || file.Names.Count != weights.Length)
            return null;
        for (int i = 0; i < weights.Length; i++)
        {
            if (!file.TryGet(weights[i].Name, out tensors[i]!))
                return null;
        }

        return file.Notes.TryGetValue(SampleNote, out string? samples) && samples == PackedKey.Samples(weights.Zip(tensors, (weight, tensor) => (weight.Name, tensor)))
            ? tensors
            : null;
    }

    bool Adopt(RawTensor[] tensors)
    {
        try
        {
            for (int i = 0; i < weights.Length; i++)
                weights[i].Claim.Weight.Adopt(device, weights[i].Claim.Found!.HubForm, tensors[i]);
        }
        catch (ArgumentException)
        {
            // Some other build's notion of the same key; the weights are filled again.
            return false;
        }

        return true;
    }

    static void Write(PackedCopies place, string key, (string Name, long Bytes, WeakReference<PreparedWeight> Weight)[] packed, PackedWriting writing)
    {
        var notes = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [KeyNote] = key,
            [SampleNote] = PackedKey.Samples(packed.Select(item => (item.Name, Bytes(item.Weight)))),
        };
        byte[] header = SafetensorsWriter.Header(
            [.. packed.Select(item => new PlannedTensor(item.Name, DType.U8, [item.Bytes], DType.U8, "", () => Bytes(item.Weight)))], notes, DataAlignment);
        long total = header.Length + packed.Sum(item => item.Bytes);
        place.Add(key, total, stream =>
        {
            var behind = new WriteBehind(stream);
            stream.Write(header);
            foreach ((_, _, WeakReference<PreparedWeight> weight) in packed)
            {
                RawTensor bytes = Bytes(weight);
                for (long at = 0; at < bytes.ByteLength; at += Chunk)
                {
                    writing.Report((double)stream.Position / total);
                    stream.Write(bytes.Span(at, (int)Math.Min(Chunk, bytes.ByteLength - at)));
                    behind.Advance();
                }
            }
        });
    }

    /// <exception cref="OperationCanceledException">The model was let go.</exception>
    static RawTensor Bytes(WeakReference<PreparedWeight> weight) =>
        weight.TryGetTarget(out PreparedWeight? prepared) ? prepared.PackedBytes! : throw new OperationCanceledException();
}
