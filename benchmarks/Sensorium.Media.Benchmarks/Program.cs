using Sensorium.Media.Benchmarks;

if (args.Contains("--help"))
{
    Console.Error.WriteLine("""
        usage: dotnet run -c Release --project benchmarks/Sensorium.Media.Benchmarks [-- FILE.jpg…]

        Times CLIP's preprocessing of a twelve-megapixel photo, and JPEG decoding of each file against djpeg (Debian:
        libjpeg-turbo-progs) in one interleaved run. A photo of four megapixels:
          djpeg photo.jpg | pamscale -linear -width 2464 -height 1632 | cjpeg -quality 85 > large.jpg
        """);
    return 2;
}

Console.WriteLine(Preprocessing.Measure(rounds: 41));
foreach (string file in args)
{
    Console.WriteLine(JpegAgainstDjpeg.Measure(file, rounds: 41));
}

return 0;
