using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Tests;

/// <summary>A small vision tower with projector as llama.cpp's converters write it, to be written with something wrong.</summary>
sealed class TestMmproj
{
    readonly Random random = new(11);

    public TestMmproj(int textHidden = 64)
    {
        Text["general.architecture"] = "clip";
        Text["clip.projector_type"] = "mlp";
        foreach ((string key, uint value) in new[] { ("embedding_length", 16u), ("feed_forward_length", 24u), ("block_count", 3u), ("attention.head_count", 2u), ("image_size", 28u), ("patch_size", 14u) })
        {
            Numbers[$"clip.vision.{key}"] = value;
        }

        Put("v.class_embd", 16);
        Put("v.patch_embd.weight", 16, 3, 14, 14);
        Put("v.position_embd.weight", 5, 16);
        Put("v.pre_ln.weight", 16);
        Put("v.pre_ln.bias", 16);
        for (int i = 0; i < 3; i++)
        {
            foreach (string norm in (string[])["ln1", "ln2"])
            {
                Put($"v.blk.{i}.{norm}.weight", 16);
                Put($"v.blk.{i}.{norm}.bias", 16);
            }

            foreach (string part in (string[])["attn_q", "attn_k", "attn_v", "attn_out"])
            {
                Put($"v.blk.{i}.{part}.weight", 16, 16);
                Put($"v.blk.{i}.{part}.bias", 16);
            }

            Put($"v.blk.{i}.ffn_up.weight", 24, 16);
            Put($"v.blk.{i}.ffn_up.bias", 24);
            Put($"v.blk.{i}.ffn_down.weight", 16, 24);
            Put($"v.blk.{i}.ffn_down.bias", 16);
        }

        Put("mm.0.weight", textHidden, 16);
        Put("mm.0.bias", textHidden);
        Put("mm.2.weight", textHidden, textHidden);
        Put("mm.2.bias", textHidden);
    }

    public Dictionary<string, string> Text { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, uint> Numbers { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, bool> Flags { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, int[]> Lists { get; } = new(StringComparer.Ordinal);

    public float[] Mean { get; set; } = [0.48145466f, 0.4578275f, 0.40821073f];

    public float[] Std { get; set; } = [0.26862954f, 0.26130258f, 0.27577711f];

    public Dictionary<string, RawTensor> Tensors { get; } = new(StringComparer.Ordinal);

    public void Put(string name, params long[] shape)
    {
        var values = new float[shape.Aggregate(1L, (a, b) => a * b)];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)(random.NextDouble() - 0.5);
        }

        Tensors[name] = RawTensor.FromFloats(name, shape, values);
    }

    public void Rename(string from, string to)
    {
        if (Tensors.Remove(from, out RawTensor? tensor))
        {
            Tensors[to] = tensor.As(to, tensor.Shape.ToArray());
        }
    }

    public string Write(string path)
    {
        var writer = new GgufWriter();
        foreach ((string key, string value) in Text)
        {
            writer.Add(key, value);
        }

        foreach ((string key, uint value) in Numbers)
        {
            writer.Add(key, value);
        }

        foreach ((string key, bool value) in Flags)
        {
            writer.Add(key, value);
        }

        foreach ((string key, int[] value) in Lists)
        {
            writer.Add(key, (IReadOnlyList<int>)value);
        }

        writer.Add("clip.vision.attention.layer_norm_epsilon", 1e-5f);
        writer.Add("clip.vision.image_mean", (IReadOnlyList<float>)Mean);
        writer.Add("clip.vision.image_std", (IReadOnlyList<float>)Std);
        foreach (RawTensor tensor in Tensors.Values)
        {
            writer.Add(tensor);
        }

        using FileStream stream = File.Create(path);
        writer.Write(stream);
        return path;
    }
}
