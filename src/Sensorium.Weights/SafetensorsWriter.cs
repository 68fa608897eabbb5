using System.Buffers.Binary;
using System.Text.Json;
using Sensorium.Tensors;

namespace Sensorium.Weights;

/// <summary>Writes one safetensors file.</summary>
public static class SafetensorsWriter
{
    /// <summary>Writes tensors under their names, in order; an existing file is replaced only when the new one is whole.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tensors">Plain types only.</param>
    /// <param name="notes">What goes under <c>__metadata__</c>; the hub's files have <c>format: pt</c> there.</param>
    /// <exception cref="CheckpointException">A tensor has a block type, or the file cannot be written.</exception>
    public static void Write(string path, IReadOnlyList<RawTensor> tensors, IReadOnlyDictionary<string, string>? notes = null)
    {
        byte[] header = Header(tensors, notes);
        AtomicFile.Write(path, stream =>
        {
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
            stream.Write(length);
            stream.Write(header);
            foreach (RawTensor tensor in tensors)
                AtomicFile.Copy(tensor, stream);
        });
    }

    static byte[] Header(IReadOnlyList<RawTensor> tensors, IReadOnlyDictionary<string, string>? notes)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            if (notes is { Count: > 0 })
            {
                json.WriteStartObject("__metadata__");
                foreach ((string key, string value) in notes)
                    json.WriteString(key, value);
                json.WriteEndObject();
            }

            long offset = 0;
            foreach (RawTensor tensor in tensors)
            {
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", SafetensorsTypes.NameOf(tensor.Type)
                    ?? throw new CheckpointException(tensor.Source, tensor.Name, $"is {tensor.Type}, which safetensors does not have; widen it to F32, F16 or BF16 first"));
                json.WriteStartArray("shape");
                foreach (long size in tensor.Shape)
                    json.WriteNumberValue(size);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += tensor.ByteLength);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        while (bytes.Length % 8 != 0)
            bytes.WriteByte((byte)' ');
        return bytes.ToArray();
    }
}
