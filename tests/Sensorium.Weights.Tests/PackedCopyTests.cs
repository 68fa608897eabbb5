using Sensorium.Tensors;
using Sensorium.Tensors.Cpu;
using Sensorium.Tensors.Scalar;

namespace Sensorium.Weights.Tests;

/// <summary>Checkpoints that are packed at the first load and mapped at the next.</summary>
public sealed class PackedCopyTests : IDisposable
{
    const long Plenty = 1 << 30;

    static readonly NameTable Names = new(
        new NameRow("q.weight", "blk.q", TensorTransform.Interleaved(2)),
        new NameRow("up.weight", "blk.gate_up", TensorTransform.Part(1, 2)),
        new NameRow("gate.weight", "blk.gate_up", TensorTransform.Part(0, 2)),
        new NameRow("norm.weight", "blk.norm", TensorTransform.PlusOne),
        new NameRow("experts.{e}.weight", "blk.exps"));

    readonly TemporaryFolder folder = new();
    readonly CpuDevice device = new(threads: 2);

    string Model => folder["model.safetensors"];

    string Copies => folder["copies"];

    public PackedCopyTests() => WriteModel(1);

    [Fact]
    public void The_second_load_maps_what_the_first_packed()
    {
        (float[] values, long own)[] first = Load(Packed());
        Directory.GetFiles(Copies).Length.ShouldBe(1);
        first.ShouldAllBe(weight => weight.own > 0);
        (float[] values, long own)[] second = Load(Packed());
        second.ShouldAllBe(weight => weight.own == 0);
        second.Select(weight => weight.values).ShouldBe(first.Select(weight => weight.values));
        Directory.GetFiles(Copies).Length.ShouldBe(1);
        Packed().HeldBytes.ShouldBe(new FileInfo(Directory.GetFiles(Copies)[0]).Length);
    }

    [Fact]
    public void Mapped_weights_outlive_their_checkpoint_and_their_file()
    {
        float[][] expected = [.. Load(Packed()).Select(weight => weight.Values)];
        Weight[] weights;
        using (TensorSource source = TensorSource.Open(Model))
        {
            weights = Fill(source, Packed());
        }

        if (!OperatingSystem.IsWindows())
            File.Delete(Directory.GetFiles(Copies)[0]);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        weights.Select(Values).ShouldBe(expected);
    }

    [Fact]
    public void Progress_ends_at_the_whole_with_a_copy_too()
    {
        Load(Packed());
        using TensorSource source = TensorSource.Open(Model);
        var seen = new List<LoadProgress>();
        Fill(source, Packed(), progress: new Immediate(seen.Add));
        seen.ShouldHaveSingleItem().BytesDone.ShouldBe(seen[0].BytesTotal);
    }

    [Fact]
    public void A_file_that_changed_is_packed_anew()
    {
        Load(Packed());
        DateTime time = File.GetLastWriteTimeUtc(Model);

        // The same size and time, other numbers.
        WriteModel(2);
        File.SetLastWriteTimeUtc(Model, time);
        float[] changed = Load(Packed())[0].Values;
        changed.ShouldBe(Load(null)[0].Values);

        // The same bytes at another time.
        File.SetLastWriteTimeUtc(Model, time.AddSeconds(1));
        Load(Packed()).ShouldAllBe(weight => weight.Own > 0);
        Directory.GetFiles(Copies).Length.ShouldBe(3);

        // The same file, with a weight that is used otherwise.
        Load(Packed(), WeightRole.TableAndMatrix).ShouldAllBe(weight => weight.Own > 0);
        Directory.GetFiles(Copies).Length.ShouldBe(4);
    }

    [Fact]
    public void So_is_one_behind_a_link_that_stays_as_it_is()
    {
        // Links are what the hub's cache consists of; making one takes a privilege on Windows.
        if (OperatingSystem.IsWindows())
            return;
        string behind = folder["behind.safetensors"];
        File.Move(Model, behind);
        File.CreateSymbolicLink(Model, behind);
        Load(Packed());
        Load(Packed()).ShouldAllBe(weight => weight.Own == 0);
        File.SetLastWriteTimeUtc(behind, File.GetLastWriteTimeUtc(behind).AddSeconds(1));
        Load(Packed()).ShouldAllBe(weight => weight.Own > 0);
    }

    [Fact]
    public void A_copy_that_is_cut_short_is_not_used_and_is_written_again()
    {
        float[][] expected = [.. Load(Packed()).Select(weight => weight.Values)];
        string copy = Directory.GetFiles(Copies)[0];
        byte[] whole = File.ReadAllBytes(copy);
        foreach (int length in new[] { 0, 1, 7, 8, 9, 300, 4095, 4096, 4097, whole.Length / 2, whole.Length - 64, whole.Length - 1 })
        {
            File.WriteAllBytes(copy, whole[..length]);
            (float[] Values, long Own)[] loaded = Load(Packed());
            loaded.ShouldAllBe(weight => weight.Own > 0, $"{length} bytes");
            loaded.Select(weight => weight.Values).ShouldBe(expected, $"{length} bytes");
            File.ReadAllBytes(copy).ShouldBe(whole, $"{length} bytes");
        }

        File.WriteAllBytes(copy, [.. whole, 0]);
        Load(Packed()).ShouldAllBe(weight => weight.Own > 0);
    }

    [Fact]
    public void A_copy_with_a_changed_byte_in_header_or_sample_is_not_used()
    {
        float[][] expected = [.. Load(Packed()).Select(weight => weight.Values)];
        string copy = Directory.GetFiles(Copies)[0];
        byte[] whole = File.ReadAllBytes(copy);
        var random = new Random(3);
        for (int i = 0; i < 60; i++)
        {
            // Half of the changes in the header, which begins the file. All tensors here are smaller than their samples.
            int at = i % 2 == 0 ? random.Next(8 + 700) : random.Next(4096, whole.Length);
            byte[] changed = [.. whole];
            changed[at] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(copy, changed);
            Load(Packed()).Select(weight => weight.Values).ShouldBe(expected, $"byte {at}");
        }
    }

    [Fact]
    public void A_copy_that_is_refused_is_let_go()
    {
        // Elsewhere than on Linux the system does not tell what is mapped; on Windows the copy could not be removed.
        if (!OperatingSystem.IsLinux())
            return;
        Load(Packed());
        string copy = Directory.GetFiles(Copies)[0];
        byte[] changed = File.ReadAllBytes(copy);
        changed[^1] ^= 1;
        File.WriteAllBytes(copy, changed);
        string maps;
        using (TensorSource source = TensorSource.Open(Model))
        {
            // A collection would let it go as well, some day.
            GC.TryStartNoGCRegion(32 << 20).ShouldBeTrue();
            Fill(source, Packed());
            maps = File.ReadAllText("/proc/self/maps");
            try
            {
                GC.EndNoGCRegion();
            }
            catch (InvalidOperationException)
            {
                // Tests beside this one have collected; then it shows nothing, but is no fault.
            }

            PackedCopies.Settle();
        }

        maps.ShouldNotContain(Copies);
        Load(Packed()).ShouldAllBe(weight => weight.Own == 0);
        File.ReadAllText("/proc/self/maps").ShouldContain(Copies);
    }

    [Fact]
    public void A_copy_of_something_else_under_the_right_name_is_not_used()
    {
        Load(Packed());
        string mine = Directory.GetFiles(Copies)[0];
        WriteModel(2);
        float[][] expected = [.. Load(Packed()).Select(weight => weight.Values)];
        string other = Directory.GetFiles(Copies).Single(file => file != mine);
        File.Copy(mine, other, overwrite: true);
        Load(Packed()).Select(weight => weight.Values).ShouldBe(expected);

        // Nor is a copy whose notes are right and whose tensors are another model's.
        byte[] right = File.ReadAllBytes(other), wrong = File.ReadAllBytes(mine);
        File.WriteAllBytes(other, [.. right[..4096], .. wrong[4096..]]);
        Load(Packed()).Select(weight => weight.Values).ShouldBe(expected);
        SafetensorsWriter.Write(other, [RawTensor.FromFloats("0/q.weight", [2], [1, 2])]);
        Load(Packed()).Select(weight => weight.Values).ShouldBe(expected);
    }

    [Fact]
    public void Where_nothing_can_be_written_nothing_is_lost()
    {
        // A folder below a file cannot be made, whoever asks.
        var nowhere = new PackedCopies(Path.Combine(Model, "copies"), 0, Plenty);
        Load(nowhere).Select(weight => weight.Values).ShouldBe(Load(null).Select(weight => weight.Values));
        nowhere.HeldBytes.ShouldBe(0);
    }

    [Fact]
    public void What_fails_or_is_stopped_while_it_is_written_leaves_nothing()
    {
        foreach (Exception fault in new Exception[] { new IOException("disk full"), new OperationCanceledException() })
        {
            Should.Throw<Exception>(() => Packed().Add(Key('a'), 100, stream =>
            {
                stream.Write(new byte[50]);
                throw fault;
            })).ShouldBe(fault);
            Directory.GetFiles(Copies).ShouldBeEmpty();
        }
    }

    [Fact]
    public void The_copies_used_last_are_kept_within_the_bound()
    {
        var bounded = new PackedCopies(Copies, 0, 250);
        foreach (char key in "abc")
        {
            bounded.Add(Key(key), 100, stream => stream.Write(new byte[100]));
            File.SetLastWriteTimeUtc(bounded.PathOf(Key(key)), new DateTime(2026, 1, 1 + key - 'a', 0, 0, 0, DateTimeKind.Utc));
            if (key == 'b')
                PackedCopies.Touch(bounded.PathOf(Key('a')));
        }

        // 'a' was used after 'b' was written.
        Kept().ShouldBe([Key('a'), Key('c')]);
        bounded.Add(Key('d'), 251, stream => stream.Write(new byte[251]));
        Kept().ShouldBe([Key('a'), Key('c')]);

        // Files of other names are nobody's business.
        File.WriteAllBytes(Path.Combine(Copies, "notes.txt"), new byte[1000]);
        bounded.Add(Key('e'), 200, stream => stream.Write(new byte[200]));
        Kept().ShouldBe([Key('e')]);
        File.Exists(Path.Combine(Copies, "notes.txt")).ShouldBeTrue();

        string[] Kept() => [.. Directory.GetFiles(Copies, "*.packed").Select(Path.GetFileNameWithoutExtension).Select(name => name!).Order(StringComparer.Ordinal)];
    }

    [Fact]
    public void One_process_writes_a_copy_and_what_another_left_half_done_goes()
    {
        PackedCopies packed = Packed();
        Directory.CreateDirectory(Copies);
        string left = packed.PathOf(Key('a')) + ".1.partial", live = packed.PathOf(Key('b')) + ".2.partial";
        File.WriteAllBytes(left, new byte[10]);
        using (new FileStream(live, FileMode.CreateNew, FileAccess.Write, FileShare.None))
        {
            packed.Add(Key('b'), 1, _ => Assert.Fail("it is being written"));
            File.Exists(left).ShouldBeFalse();
            File.Exists(live).ShouldBeTrue();
        }

        packed.Add(Key('b'), 1, stream => stream.WriteByte(7));
        File.Exists(live).ShouldBeFalse();
        File.ReadAllBytes(packed.PathOf(Key('b'))).ShouldBe([7]);
        packed.Add(Key('b'), 1, _ => Assert.Fail("it is there"));
    }

    [Fact]
    public void Only_the_user_may_read_them()
    {
        if (OperatingSystem.IsWindows())
            return;
        Load(Packed());
        File.GetUnixFileMode(Copies).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.GetUnixFileMode(Directory.GetFiles(Copies)[0]).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public void None_is_kept_of_small_checkpoints_and_for_devices_that_cannot()
    {
        Load(new PackedCopies(Copies));
        using (TensorSource source = TensorSource.Open(Model))
        using (var scalar = new ScalarDevice())
        {
            Checkpoint root = Checkpoint.Open(source, Names);
            Declare(root, WeightRole.Matrix);
            root.Load(scalar, packed: Packed());
        }

        Checkpoint synthetic = Checkpoint.Synthetic(DType.Q8_0);
        synthetic.Weight("w", WeightRole.Matrix, 32, 32);
        synthetic.Load(device, packed: Packed());
        PackedCopies.Settle();
        Directory.Exists(Copies).ShouldBeFalse();
    }

    [Fact]
    public void The_variable_names_the_folder_or_switches_it_off()
    {
        Environment.GetEnvironmentVariable(PackedCopies.Variable).ShouldBe("0");
        PackedCopies.Of("0").ShouldBeNull();
        PackedCopies.Of(Copies)!.Folder.ShouldBe(Copies);
        Should.Throw<ArgumentException>(() => PackedCopies.Of("copies")).Message.ShouldContain("SENSORIUM_PACKED=copies");
        if (PackedCopies.Of(null) is { } usual)
            usual.Folder.ShouldEndWith(Path.Combine("sensorium", "packed"));

        // A cache beside whatever folder the user is in would be found by nobody.
        UserFolders.CacheOf(folder.Path).ShouldBe(folder.Path);
        UserFolders.CacheOf("cache").ShouldBe(UserFolders.CacheOf(null));
    }

    [Fact]
    public void Whatever_goes_wrong_in_the_background_ends_no_process()
    {
        bool written = false;
        PackedWriting.Start(_ => throw new InvalidOperationException("a fault that nobody thought of"));
        PackedWriting.Start(_ => written = true);
        PackedCopies.Settle();
        written.ShouldBeTrue();
    }

    [Fact]
    public void A_process_that_ends_waits_for_what_is_nearly_done()
    {
        PackedWriting.IsNearlyDone(0, TimeSpan.Zero).ShouldBeFalse();
        PackedWriting.IsNearlyDone(0.1, TimeSpan.FromSeconds(1)).ShouldBeFalse();
        PackedWriting.IsNearlyDone(0.1, TimeSpan.FromSeconds(0.2)).ShouldBeTrue();
        PackedWriting.IsNearlyDone(0.9, TimeSpan.FromSeconds(10)).ShouldBeTrue();
    }

    public void Dispose()
    {
        PackedCopies.Settle();
        device.Dispose();
        folder.Dispose();
    }

    static string Key(char letter) => new(letter, 64);

    PackedCopies Packed() => new(Copies, 0, Plenty);

    /// <summary>Loads the model and waits for its copy; gives each weight's numbers and the bytes that are its own.</summary>
    (float[] Values, long Own)[] Load(PackedCopies? packed, WeightRole role = WeightRole.Matrix)
    {
        using TensorSource source = TensorSource.Open(Model);
        Weight[] weights = Fill(source, packed, role);
        PackedCopies.Settle();
        return [.. weights.Select(weight => (Values(weight), weight.Prepared!.PrivateBytes))];
    }

    Weight[] Fill(TensorSource source, PackedCopies? packed, WeightRole role = WeightRole.Matrix, IProgress<LoadProgress>? progress = null)
    {
        Checkpoint root = Checkpoint.Open(source, Names);
        Declare(root, role);

        // A part with weights of the same names.
        Declare(root.Beside(source, Names), role);
        root.Finish();
        root.Load(device, progress, packed: packed);
        return [.. root.Weights];
    }

    static void Declare(Checkpoint root, WeightRole role)
    {
        root["q"].Weight("weight", role, 8, 96);
        root["gate"].Weight("weight", WeightRole.Matrix, 24, 64);
        root["up"].Weight("weight", WeightRole.Matrix, 24, 64);
        root["norm"].Weight("weight", WeightRole.Vector, 37);
        root["experts"][0].Weight("weight", WeightRole.Table, 5, 3);
        root["experts"][1].Weight("weight", WeightRole.Matrix, 5, 3);
        root["conv"].Weight("weight", WeightRole.Convolution, 6, 2, 3, 3);
    }

    static float[] Values(Weight weight)
    {
        // A vector is unpacked number by number, everything else row by row.
        nint rows = weight.Outputs;
        var values = new float[weight.Elements];
        weight.Prepared!.Unpack(0, rows, values);
        return values;
    }

    void WriteModel(int seed)
    {
        var random = new Random(seed);
        SafetensorsWriter.Write(Model,
        [
            Floats("blk.q", 8, 96), Floats("blk.gate_up", 48, 64), Floats("blk.norm", 37), Floats("blk.exps", 2, 5, 3), Floats("conv.weight", 6, 2, 3, 3),
        ]);

        RawTensor Floats(string name, params long[] shape)
        {
            var values = new float[shape.Aggregate(1L, (a, b) => a * b)];
            for (int i = 0; i < values.Length; i++)
                values[i] = random.NextSingle() - 0.5f;
            return RawTensor.FromFloats(name, shape, values);
        }
    }

    sealed class Immediate(Action<LoadProgress> report) : IProgress<LoadProgress>
    {
        public void Report(LoadProgress value) => report(value);
    }
}
